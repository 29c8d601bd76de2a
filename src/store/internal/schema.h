// The tables of the outbox, and how a file comes to have them.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>

#include "store/internal/database.h"

namespace vigil::store::internal {

/// What `deliveries.state` holds.
enum DeliveryState : int {
  kPending = 0,
  kRunning = 1,
  kDelivered = 2,
  kDeadLetter = 3,
  kCollected = 4,  // waits for a digest
};

/// From this version on, digests have the reason of their last failure.
inline constexpr std::int64_t kDigestReasons = 3;

/// The version of a file, 0 for a new one. DataLoss: another program's file; FailedPrecondition: a
/// newer version's.
absl::StatusOr<std::int64_t> VersionOf(Database& database);

/// Brings a new or older file to the present version, each step in a transaction. Errors as
/// VersionOf.
absl::Status Migrate(Database& database);

}  // namespace vigil::store::internal
