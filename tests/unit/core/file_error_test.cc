#include "core/file_error.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

namespace vigil {
namespace {

struct Case {
  int error;
  absl::StatusCode code;
};

TEST(FileError, HasACodeThatSaysWhatToDo) {
  for (const auto& [error, code] : {Case{ENOENT, absl::StatusCode::kNotFound},
                                    {EACCES, absl::StatusCode::kPermissionDenied},
                                    {EROFS, absl::StatusCode::kPermissionDenied},
                                    {ENOSPC, absl::StatusCode::kResourceExhausted},
                                    {EMFILE, absl::StatusCode::kResourceExhausted},
                                    {EISDIR, absl::StatusCode::kInvalidArgument},
                                    {EIO, absl::StatusCode::kUnavailable}}) {
    EXPECT_EQ(FileError(error, "x", "cannot be read", FileAccess::kRead).code(), code) << error;
  }
}

TEST(FileError, InputsAndOutputsHaveTheirOwnRemedies) {
  const auto message = [](int error, FileAccess access) {
    return std::string(FileError(error, "a.jpg", "cannot be opened", access).message());
  };
  for (const int error : {ENOENT, EACCES, EISDIR, ENAMETOOLONG, ENOSPC, EIO}) {
    EXPECT_EQ(message(error, FileAccess::kRead).find("choose another"), std::string::npos) << error;
    EXPECT_NE(message(error, FileAccess::kRead).find("; "), std::string::npos) << error;
    EXPECT_NE(message(error, FileAccess::kWrite).find("; "), std::string::npos) << error;
  }
  for (const int error : {ENOSPC, EROFS, EIO})
    EXPECT_NE(message(error, FileAccess::kWrite).find("choose another"), std::string::npos)
        << error;
}

TEST(FileError, NamesTheFileTheTroubleAndTheRemedy) {
  EXPECT_EQ(
      std::string(FileError(ENOENT, "/x/a.jpg", "cannot be opened", FileAccess::kRead).message()),
      "/x/a.jpg: cannot be opened: No such file or directory; check the name");
  EXPECT_EQ(
      std::string(FileError(ENOSPC, "/x/a.mp4", "cannot be written", FileAccess::kWrite).message()),
      "/x/a.mp4: cannot be written: No space left on device; make room, or choose another folder");
}

}  // namespace
}  // namespace vigil
