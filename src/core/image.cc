#include "core/image.h"

#include <cstring>
#include <mutex>
#include <utility>
#include <vector>

#include "core/check.h"

namespace vigil {

struct Image::Recycler {
  std::mutex mutex;
  std::vector<std::unique_ptr<std::uint8_t[]>> idle;  // under mutex, all of `capacity` bytes
  std::size_t capacity = 0;                           // under mutex
  std::size_t max_idle = 0;                           // set once
};

void Image::Release::operator()(std::uint8_t* data) const {
  std::unique_ptr<std::uint8_t[]> memory(data);
  if (!recycler) return;
  std::lock_guard lock(recycler->mutex);
  if (capacity == recycler->capacity && recycler->idle.size() < recycler->max_idle) {
    recycler->idle.push_back(std::move(memory));
  }
}

namespace {

std::size_t ByteCount(int width, int height, PixelFormat format) {
  VIGIL_CHECK(width > 0 && height > 0);
  return static_cast<std::size_t>(width) * static_cast<std::size_t>(height) *
         static_cast<std::size_t>(Channels(format));
}

}  // namespace

Image::Image() : data_(nullptr, Release{nullptr, 0}) {}

Image::Image(int width, int height, PixelFormat format)
    : data_(new std::uint8_t[ByteCount(width, height, format)], Release{nullptr, 0}),
      width_(width),
      height_(height),
      format_(format) {}

Image::Image(Image&& other) noexcept
    : data_(std::move(other.data_)),
      width_(std::exchange(other.width_, 0)),
      height_(std::exchange(other.height_, 0)),
      format_(other.format_) {}

Image& Image::operator=(Image&& other) noexcept {
  data_ = std::move(other.data_);
  width_ = std::exchange(other.width_, 0);
  height_ = std::exchange(other.height_, 0);
  format_ = other.format_;
  return *this;
}

Image::~Image() = default;

Image Image::Clone() const {
  if (empty()) return {};
  Image copy(width_, height_, format_);
  std::memcpy(copy.data_.get(), data_.get(), bytes());
  return copy;
}

ImagePool::ImagePool(std::size_t max_idle) : recycler_(std::make_shared<Image::Recycler>()) {
  recycler_->max_idle = max_idle;
  recycler_->idle.reserve(max_idle);
}

Image ImagePool::Acquire(int width, int height, PixelFormat format) {
  const std::size_t bytes = ByteCount(width, height, format);
  std::unique_ptr<std::uint8_t[]> memory;
  {
    std::lock_guard lock(recycler_->mutex);
    if (recycler_->capacity != bytes) {  // the stream changed its size: old buffers are of no use
      recycler_->idle.clear();
      recycler_->capacity = bytes;
    } else if (!recycler_->idle.empty()) {
      memory = std::move(recycler_->idle.back());
      recycler_->idle.pop_back();
    }
  }
  if (!memory) memory.reset(new std::uint8_t[bytes]);
  Image image;
  image.data_ = {memory.release(), Image::Release{recycler_, bytes}};
  image.width_ = width;
  image.height_ = height;
  image.format_ = format;
  return image;
}

}  // namespace vigil
