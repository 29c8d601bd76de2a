// The chart of a digest.
#pragma once

#include <span>
#include <string>

#include "actions/internal/digest_counts.h"
#include "core/image.h"

namespace vigil::actions::internal {

/// Events over time as bars, 1280 by 400 pixels, light background; shown at half its size.
[[nodiscard]] Image DrawChart(std::span<const TimeBin> bins);

/// The same in one line of text: `▁▃█`; blanks where nothing happened.
[[nodiscard]] std::string Sparkline(std::span<const TimeBin> bins);

}  // namespace vigil::actions::internal
