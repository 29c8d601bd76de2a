// What the user names on the command line, and what it stands for.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <string_view>
#include <vector>

namespace vigil::media {

struct Input {
  enum class Kind { kPicture, kVideo, kCamera, kStream };
  Kind kind = Kind::kPicture;
  std::string
      name;  ///< a path, a device, or an address: may hold a password (log::MaskCredentials)
  friend bool operator==(const Input&, const Input&) = default;
};

/// What `name` is: an address a stream (KindOf says which there are), but a picture or a video file
/// where it is of http or https and ends like one; `/dev/video…` a camera, a file a picture or a video. A file is a picture when it begins as one; also when it is only named as
/// one, so that decoding can say what is wrong with it. Everything else, GIFs too, is a video.
/// Reads the first bytes of the file and touches nothing else.
///
/// NotFound: no such file. InvalidArgument: a folder, another scheme, or what is no file.
/// PermissionDenied.
absl::StatusOr<Input::Kind> Classify(std::string_view name);

struct ExpandOptions {
  bool recursive = false;  ///< folders with their subfolders (links to folders are not followed)
};

/// The inputs that one argument stands for, never none: itself; the pictures of a folder; or, where
/// there is no such file and it holds `*`, `?` or `[`, the files that match (of folders that match,
/// nothing). Names are in natural order: `shot2` before `shot10`.
///
/// Errors as Classify has them, each naming the argument; NotFound also where a folder holds no
/// picture or nothing matches; ResourceExhausted above limits::kMaxInputs names.
absl::StatusOr<std::vector<Input>> ExpandInput(const std::string& argument,
                                               const ExpandOptions& options = {});

/// Whether `a` comes before `b` to a human: digits compare as numbers, letters without their case.
bool NaturalLess(std::string_view a, std::string_view b);

}  // namespace vigil::media
