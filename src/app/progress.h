// A line on the terminal that says how far the work is.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>

#include "app/analyze_job.h"

namespace vigil::app {

/// Redrawn ten times a second on stderr, if that is a terminal; otherwise nothing is shown. Owns the thread that draws.
class ProgressLine {
 public:
  /// One JobProgress an input, which outlive this object; `names` the same.
  ProgressLine(std::span<const JobProgress> jobs, std::span<const std::string> names);
  ~ProgressLine();

  /// Prints a line above the progress, which is drawn again below it.
  void Print(const std::string& line);

 private:
  void Draw();
  void Erase();

  const std::span<const JobProgress> jobs_;
  const std::span<const std::string> names_;
  const bool shown_;
  const Clock::time_point start_ = Clock::now();
  std::mutex mutex_;
  bool drawn_ = false;   // under mutex_
  std::jthread thread_;  // last member
};

/// What the line says after `seconds`: how far the inputs are, where that can be known; frames; their rate; and of one input
/// that is under way its name and what is seen in it.
std::string ProgressText(std::span<const JobProgress> jobs, std::span<const std::string> names,
                         double seconds);

/// The first `most` columns of a text whose characters take one each.
std::string Columns(std::string_view text, std::size_t most);

/// "▕████▌    ▏"-like bar of `width` characters. `fraction` 0..1.
std::string Bar(double fraction, int width);

}  // namespace vigil::app
