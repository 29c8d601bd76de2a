#include "core/file_error.h"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

namespace vigil {
namespace {

std::string_view ReadingRemedy(int error) {
  switch (error) {
    case ENOENT:
      return "check the name";
    case EACCES:
    case EPERM:
      return "check its permissions, and those of its folders";
    case ENOTDIR:
    case EISDIR:
      return "name a file in a folder";
    case ENAMETOOLONG:
      return "check the name";
    case ELOOP:
      return "a link leads back to itself; name the file";
    default:
      return "try again, or copy it to another disk";
  }
}

std::string_view WritingRemedy(int error) {
  switch (error) {
    case ENOENT:
      return "check the name";
    case EACCES:
    case EPERM:
    case EROFS:
      return "check the permissions, or choose another folder";
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return "make room, or choose another folder";
    case ENOTDIR:
    case EISDIR:
      return "name a file in a folder";
    case ENAMETOOLONG:
      return "choose a shorter name";
    case ELOOP:
      return "a link leads back to itself; choose another name";
    default:
      return "try again, or choose another place";
  }
}

absl::StatusCode Code(int error) {
  switch (error) {
    case ENOENT:
      return absl::StatusCode::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::StatusCode::kPermissionDenied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
      return absl::StatusCode::kResourceExhausted;
    case ENOTDIR:
    case EISDIR:
    case ENAMETOOLONG:
    case ELOOP:
      return absl::StatusCode::kInvalidArgument;
    default:
      return absl::StatusCode::kUnavailable;
  }
}

}  // namespace

absl::Status FileError(int error, const std::filesystem::path& path, std::string_view doing,
                       FileAccess access) {
  return absl::Status(
      Code(error),
      fmt::format("{}: {}: {}; {}", path.string(), doing, std::generic_category().message(error),
                  access == FileAccess::kRead ? ReadingRemedy(error) : WritingRemedy(error)));
}

}  // namespace vigil
