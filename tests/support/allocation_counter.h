// How often this process took memory from the heap.
#pragma once

#include <cstdint>

namespace vigil::test {

/// Calls of operator new so far, on all threads. Link support/allocation_counter.cc, which replaces
/// it, into a program of its own.
std::int64_t Allocations();

}  // namespace vigil::test
