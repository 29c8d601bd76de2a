// One row a face (or object) and frame, for spreadsheets: what `vigil analyze --csv` writes.
// Landmarks are left to the JSON.
#pragma once

#include <string>
#include <string_view>

#include "app/result_json.h"
#include "face/types.h"

namespace vigil::app {

/// The header row, with line end. Rows are of faces where these are looked for, else of objects.
std::string_view CsvHeader(bool faces);

/// Replaces `rows` by one row a face, or an object; empty where there is none.
void WriteRows(std::string& rows, const FrameHeader& header, const FrameResult& result);

}  // namespace vigil::app
