// An outbox in a folder of its own, with a clock that the test sets.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "store/outbox.h"
#include "support/event_samples.h"
#include "support/test_data.h"

namespace vigil::store {

class OutboxTest : public testing::Test {
 protected:
  OutboxTest() {
    options_.durability = Durability::kProcess;
    options_.min_free = {};
    options_.now = [this] { return now_; };
    Reopen();
  }

  // As the next process would: what was claimed is cut off.
  void Reopen() {
    outbox_.reset();
    auto outbox = Outbox::Open(path(), options_);
    ASSERT_TRUE(outbox.ok()) << outbox.status();
    outbox_ = *std::move(outbox);
  }
  std::filesystem::path path() const { return dir_ / "outbox.db"; }

  static OutboxEntry Entry(std::int64_t sequence, std::vector<std::string> actions = {"json_log"}) {
    OutboxEntry entry{.event = test::LineCross(sequence, kStart), .actions = {}, .held = {}};
    for (std::string& action : actions) {
      entry.actions.push_back({std::move(action), "rule", events::Severity::kWarning, {}, false});
    }
    return entry;
  }
  void Add(std::int64_t sequence, std::vector<std::string> actions = {"json_log"}) {
    const std::vector<OutboxEntry> entries = {Entry(sequence, std::move(actions))};
    const auto appended = outbox_->Append(entries);
    ASSERT_TRUE(appended.ok()) << appended.status();
  }
  std::vector<Claimed> Claim(int limit = 100, std::string_view action = "json_log") {
    auto claimed = outbox_->Claim(action, limit);
    EXPECT_TRUE(claimed.ok()) << claimed.status();
    return claimed.value_or(std::vector<Claimed>{});
  }
  void Finish(const Claimed& claimed, Outcome outcome, const std::string& reason = "") {
    const std::vector<Finished> one = {{claimed.sequence, claimed.action, outcome, reason}};
    EXPECT_TRUE(outbox_->Finish(one).ok());
  }
  static std::vector<std::int64_t> EventNumbers(const std::vector<Claimed>& claimed) {
    std::vector<std::int64_t> numbers;
    for (const Claimed& one : claimed) numbers.push_back(one.event.sequence);
    return numbers;
  }

  inline static const WallTime kStart = test::TimeOf("2026-06-17T12:00:00Z");
  WallTime now_ = kStart;
  OutboxOptions options_;
  test::TempDir dir_;
  std::unique_ptr<Outbox> outbox_;
};

}  // namespace vigil::store
