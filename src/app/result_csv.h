// One row a face and frame, for spreadsheets: what `vigil analyze --csv` writes. Landmarks are left
// to the JSON.
#pragma once

#include <string>
#include <string_view>

#include "app/result_json.h"
#include "face/types.h"

namespace vigil::app {

/// The header row, with line end.
std::string_view CsvHeader();

/// Replaces `rows` by one row a face; empty where there is none.
void WriteRows(std::string& rows, const FrameHeader& header, const face::FaceResult& result);

}  // namespace vigil::app
