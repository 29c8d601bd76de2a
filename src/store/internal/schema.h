// The tables of the outbox, and how a file comes to have them.
#pragma once

#include <absl/status/status.h>

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

/// Brings a new or older file to the present version, each step in a transaction. DataLoss: another
/// program's file; FailedPrecondition: a newer version's.
absl::Status Migrate(Database& database);

}  // namespace vigil::store::internal
