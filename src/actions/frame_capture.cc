#include "actions/frame_capture.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "actions/internal/files.h"
#include "actions/internal/mime.h"
#include "actions/retry_after.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/status.h"

namespace vigil::actions {
namespace {

constexpr std::size_t kMaxPending = 64;
constexpr int kMaxSideFrames = 20;
// A clock that was set back by less is waited for.
constexpr std::chrono::seconds kClockStep{5};
// Pictures that are still to come are looked for again after no more than this.
constexpr std::chrono::milliseconds kLongestWait{5000};

// `annotated.jpg`, `clean.jpg`, `pre2.jpg`, `post1.jpg` in the spool.
std::string Kind(const std::filesystem::path& spooled) { return spooled.stem().string(); }

absl::Status CheckFileName(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return absl::InvalidArgumentError(fmt::format("file_name: {}", why));
  };
  if (!text.ends_with(".jpg")) return wrong("has to end in .jpg");
  if (const auto parsed = TextTemplate::Parse(text); !parsed.ok()) {
    return wrong(MessageOf(parsed.status()));
  }
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == '\\' || c == 0x7F) {
      return wrong("no control characters and no backslash");
    }
  }
  std::size_t components = 0;
  while (true) {
    const std::string_view component = text.substr(0, text.find('/'));
    if (component.empty() || component.front() == '.' || ++components > 16) {
      return wrong("names below the folder, none empty or with a dot in front");
    }
    if (component.size() == text.size()) return absl::OkStatus();
    text.remove_prefix(component.size() + 1);
  }
}

bool SameFile(const std::filesystem::path& a, const std::filesystem::path& b) {
  struct stat first {
  }, second{};
  return ::lstat(a.c_str(), &first) == 0 && ::lstat(b.c_str(), &second) == 0 &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

bool SameContent(const std::filesystem::path& a, const std::filesystem::path& b) {
  const auto first = internal::ReadFileWhole(a, limits::kMaxLocalPictureBytes);
  const auto second = internal::ReadFileWhole(b, limits::kMaxLocalPictureBytes);
  return first.ok() && second.ok() && *first == *second;
}

void RemoveFolder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  if (error) log::Warning("frame_capture: spooled pictures stay for now: {}", error.message());
}

bool Exists(const std::filesystem::path& path) { return ::access(path.c_str(), F_OK) == 0; }

enum class Placed { kDone, kTaken };

// Makes `to` another name of `from`, never over a file that is there.
absl::StatusOr<Placed> Place(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (auto made = internal::MakeFolders(to.parent_path()); !made.ok()) return made;
  if (::link(from.c_str(), to.c_str()) == 0) return Placed::kDone;
  switch (errno) {
    case EEXIST:
      return SameFile(from, to) || SameContent(from, to) ? Placed::kDone : Placed::kTaken;
    case EXDEV:  // another disk
    case EPERM:  // no hard links there
    case EMLINK:
    case EOPNOTSUPP: {
      if (Exists(to)) return SameContent(from, to) ? Placed::kDone : Placed::kTaken;
      const auto bytes = internal::ReadFileWhole(from, limits::kMaxLocalPictureBytes);
      if (!bytes.ok()) return bytes.status();
      if (auto written = internal::WriteFileWhole(to, *bytes); !written.ok()) return written;
      return Placed::kDone;
    }
    default:
      return internal::FileError(errno, to, "cannot be written");
  }
}

}  // namespace

absl::Status Validate(const FrameCaptureOptions& options) {
  if (options.folder.empty() || options.spool.empty()) {
    return absl::InvalidArgumentError("folder and spool: name a folder");
  }
  if (const auto name = CheckFileName(options.file_name); !name.ok()) return name;
  if (!options.annotated && !options.clean) {
    return absl::InvalidArgumentError("annotated, clean: at least one of them");
  }
  if (options.quality < 50 || options.quality > 100) {
    return absl::InvalidArgumentError("quality: 50 to 100");
  }
  if (options.pre_frames < 0 || options.pre_frames > kMaxSideFrames || options.post_frames < 0 ||
      options.post_frames > kMaxSideFrames) {
    return absl::InvalidArgumentError(
        fmt::format("pre_frames, post_frames: 0 to {}", kMaxSideFrames));
  }
  if (options.spacing < std::chrono::milliseconds(40) ||
      options.spacing > std::chrono::seconds(10)) {
    return absl::InvalidArgumentError("spacing: 40ms to 10s");
  }
  if (options.max_age.count() < 0 || options.spool_age.count() < 1) {
    return absl::InvalidArgumentError("max_age: not negative; spool_age: at least 1h");
  }
  return TimeZone::Load(options.time_zone).status();
}

RetentionOptions CaptureRetention(const FrameCaptureOptions& options) {
  return {options.folder, {".jpg"}, options.max_age, options.max_bytes, options.min_free};
}

RetentionOptions SpoolRetention(const FrameCaptureOptions& options) {
  return {options.spool, {".jpg"}, options.spool_age, options.spool_bytes, options.min_free};
}

absl::StatusOr<std::unique_ptr<FrameSpool>> FrameSpool::Create(const FrameCaptureOptions& options,
                                                               Retention& retention, Now now) {
  if (const auto valid = Validate(options); !valid.ok()) return valid;
  if (auto made = internal::MakeFolders(options.spool); !made.ok()) return made;
  return std::unique_ptr<FrameSpool>(new FrameSpool(options, retention, std::move(now)));
}

std::filesystem::path FrameSpool::FolderOf(const std::filesystem::path& spool,
                                           const std::string& event_id) {
  return spool / internal::ShortHash(event_id, 32);
}

std::shared_ptr<FrameSpool::Camera> FrameSpool::CameraOf(std::string_view device,
                                                         std::string_view camera) {
  const std::lock_guard lock(mutex_);
  const std::pair<std::string, std::string> key(device, camera);
  // Names come from messages; who is put out here only loses the pictures from before an event.
  if (cameras_.size() >= limits::kMaxDevices && !cameras_.contains(key)) {
    cameras_.erase(cameras_.begin());
  }
  auto& entry = cameras_[key];
  if (!entry) {
    const std::chrono::milliseconds span = options_.spacing * (options_.pre_frames + 1);
    entry =
        std::make_shared<Camera>(FrameRingOptions{static_cast<std::size_t>(options_.pre_frames) + 1,
                                                  span + options_.spacing, options_.ring_bytes});
  }
  return entry;
}

absl::StatusOr<std::string> FrameSpool::Encode(Camera& camera, ImageView image) {
  const auto bytes = camera.encoder.Encode(image, options_.quality);
  if (!bytes.ok()) return bytes.status();
  return std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size());
}

void FrameSpool::OnFrame(std::string_view device, std::string_view camera, WallTime time,
                         ImageView frame) {
  if (options_.pre_frames == 0 && options_.post_frames == 0) return;
  const auto state = CameraOf(device, camera);
  const std::lock_guard lock(state->mutex);
  state->heard = now_();
  // Of a stream that has begun anew, no picture belongs to the events before.
  std::erase_if(state->pending, [&](const Pending& p) { return time < p.last - kClockStep; });
  const auto newest = state->ring.newest();
  const bool for_ring =
      options_.pre_frames > 0 && (!newest || time < *newest || time - *newest >= options_.spacing);
  const auto due = [&](const Pending& p) { return time - p.last >= options_.spacing; };
  if (!for_ring && std::ranges::none_of(state->pending, due)) return;
  auto jpeg = Encode(*state, frame);
  if (!jpeg.ok()) {
    log::Warning("frame_capture: {}", MessageOf(jpeg.status()));
    return;
  }
  for (Pending& pending : state->pending) {
    if (!due(pending)) continue;
    const auto path = pending.folder / fmt::format("post{}.jpg", pending.next);
    if (const auto written = internal::WriteFileWhole(path, *jpeg); !written.ok()) {
      log::Warning("frame_capture: {}", MessageOf(written));
    }
    pending.last = time;
    ++pending.next;
  }
  std::erase_if(state->pending, [&](const Pending& p) { return p.next > options_.post_frames; });
  if (for_ring) {
    state->ring.Add({time, std::make_shared<const std::string>(*std::move(jpeg))});
  }
}

absl::StatusOr<std::vector<std::filesystem::path>> FrameSpool::Save(const events::Event& event,
                                                                    ImageView annotated,
                                                                    ImageView clean) {
  const auto camera = CameraOf(event.device_id, event.camera_id);
  const std::lock_guard lock(camera->mutex);
  std::vector<std::pair<std::string, std::string>> files;  // name, bytes
  const auto encode = [&](const char* name, ImageView image) {
    auto jpeg = Encode(*camera, image);
    if (!jpeg.ok()) return jpeg.status();
    files.emplace_back(name, *std::move(jpeg));
    return absl::OkStatus();
  };
  if (options_.annotated) {
    if (auto status = encode("annotated", annotated); !status.ok()) return status;
  }
  if (options_.clean) {
    if (auto status = encode("clean", clean); !status.ok()) return status;
  }
  const auto before = camera->ring.Before(event.time, static_cast<std::size_t>(options_.pre_frames),
                                          options_.spacing);
  for (std::size_t i = 0; i < before.size(); ++i) {
    files.emplace_back(fmt::format("pre{}", before.size() - i), *before[i].jpeg);
  }

  std::int64_t bytes = 0;
  for (const auto& [name, content] : files) bytes += static_cast<std::int64_t>(content.size());
  const std::int64_t expected =
      bytes + bytes / static_cast<std::int64_t>(files.size()) * options_.post_frames;
  if (auto room = retention_.MakeRoom(expected, now_(), {}); !room.ok()) return room;

  const auto folder = FolderOf(options_.spool, event.id);
  if (auto made = internal::MakeFolders(folder); !made.ok()) return made;
  std::vector<std::filesystem::path> paths;
  for (const auto& [name, content] : files) {
    paths.push_back(folder / (name + ".jpg"));
    if (auto written = internal::WriteFileWhole(paths.back(), content); !written.ok()) {
      RemoveFolder(folder);  // all or nothing: half a set of pictures helps nobody
      return written;
    }
  }
  if (options_.post_frames > 0) {
    if (camera->pending.size() >= kMaxPending) camera->pending.pop_front();
    camera->pending.push_back({folder, event.time, 1});
    camera->heard = now_();
  }
  for (int i = 1; i <= options_.post_frames; ++i) {
    paths.push_back(folder / fmt::format("post{}.jpg", i));
  }
  return paths;
}

bool FrameSpool::Awaits(const events::Event& event) {
  std::shared_ptr<Camera> camera;
  {
    const std::lock_guard lock(mutex_);
    const auto found = cameras_.find({event.device_id, event.camera_id});
    if (ended_ || found == cameras_.end()) return false;
    camera = found->second;
  }
  const std::lock_guard lock(camera->mutex);
  const WallTime now = now_();
  if (now < camera->heard || now - camera->heard > kSilence) return false;
  const auto folder = FolderOf(options_.spool, event.id);
  return std::ranges::find(camera->pending, folder, &Pending::folder) != camera->pending.end();
}

void FrameSpool::EndOfFrames() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
}

void FrameSpool::Remove(const std::string& event_id) {
  const auto folder = FolderOf(options_.spool, event_id);
  std::vector<std::shared_ptr<Camera>> cameras;
  if (options_.post_frames > 0) {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, camera] : cameras_) cameras.push_back(camera);
  }
  for (const auto& camera : cameras) {
    const std::lock_guard lock(camera->mutex);
    std::erase_if(camera->pending, [&](const Pending& p) { return p.folder == folder; });
  }
  RemoveFolder(folder);
}

absl::StatusOr<std::unique_ptr<FrameCapture>> FrameCapture::Create(
    const FrameCaptureOptions& options, Retention& retention, Now now, Awaits awaits) {
  if (const auto valid = Validate(options); !valid.ok()) return valid;
  if (auto made = internal::MakeFolders(options.folder); !made.ok()) return made;
  return std::unique_ptr<FrameCapture>(new FrameCapture(
      options, *TextTemplate::Parse(options.file_name), *TimeZone::Load(options.time_zone),
      retention, std::move(now), std::move(awaits)));
}

FrameCapture::FrameCapture(const FrameCaptureOptions& options, TextTemplate name, TimeZone zone,
                           Retention& retention, Now now, Awaits awaits)
    : options_(options),
      name_(std::move(name)),
      zone_(std::move(zone)),
      retention_(retention),
      now_(std::move(now)),
      awaits_(std::move(awaits)) {}

std::filesystem::path FrameCapture::NameFor(const Delivery& delivery,
                                            const std::filesystem::path& spooled,
                                            bool with_id) const {
  std::string name = name_.Render(delivery, zone_, Escape::kFileName);
  name.resize(name.size() - std::string_view(".jpg").size());
  const std::string kind = Kind(spooled);
  if (kind != "annotated") name.append("_").append(kind);
  if (with_id) name.append("_").append(internal::ShortHash(delivery.event.id, 8));
  return name.append(".jpg");
}

absl::Status FrameCapture::Run(const Delivery& delivery, Deadline, std::stop_token stop) {
  // Asked first: what comes between the two questions is there then.
  const bool awaited = awaits_ && awaits_(delivery.event);
  const auto missing = std::ranges::count_if(delivery.pictures, [](const auto& path) {
    return Kind(path).starts_with("post") && !Exists(path);
  });
  if (awaited && missing > 0) {
    return NotReady("frame_capture: pictures from after the event are still to come",
                    std::min<std::chrono::milliseconds>(options_.spacing * missing, kLongestWait));
  }
  for (const auto& spooled : delivery.pictures) {
    if (stop.stop_requested()) return absl::AbortedError("frame_capture: stopped");
    if (!Exists(spooled)) continue;  // never came, or is done and cleared away
    if (auto kept = Keep(delivery, spooled, stop); !kept.ok()) {
      return internal::WorthRetrying(kept);
    }
  }
  return absl::OkStatus();
}

absl::Status FrameCapture::Keep(const Delivery& delivery, const std::filesystem::path& spooled,
                                std::stop_token stop) {
  std::error_code error;
  const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(spooled, error));
  if (error) return absl::OkStatus();  // gone between two looks at it
  if (auto room = retention_.MakeRoom(bytes, now_(), std::move(stop)); !room.ok()) return room;
  for (const bool with_id : {false, true}) {
    const auto target = options_.folder / NameFor(delivery, spooled, with_id);
    const auto placed = Place(spooled, target);
    if (!placed.ok()) return placed.status();
    if (*placed == Placed::kDone) return absl::OkStatus();
  }
  // Two events of one id and other pictures: a repetition after a restart, drawn anew.
  log::Warning("frame_capture: pictures of {} are there already and stay", delivery.event.id);
  return absl::OkStatus();
}

}  // namespace vigil::actions
