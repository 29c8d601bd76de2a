// A picture in memory: owned (Image), or seen (ImageView).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/geometry.h"

namespace vigil {

/// 8 bits a channel, channels interleaved.
enum class PixelFormat : std::uint8_t { kRgb8, kGray8 };

constexpr int Channels(PixelFormat format) { return format == PixelFormat::kRgb8 ? 3 : 1; }

/// Read-only pixels that somebody else owns. `stride` is the distance between rows in bytes.
struct ImageView {
  const std::uint8_t* data = nullptr;
  int width = 0;
  int height = 0;
  std::ptrdiff_t stride = 0;
  PixelFormat format = PixelFormat::kRgb8;

  bool empty() const { return data == nullptr || width <= 0 || height <= 0; }
  Size size() const { return {width, height}; }
  const std::uint8_t* row(int y) const { return data + y * stride; }
};

/// Pixels that may be written; converts to ImageView.
struct MutableImageView {
  std::uint8_t* data = nullptr;
  int width = 0;
  int height = 0;
  std::ptrdiff_t stride = 0;
  PixelFormat format = PixelFormat::kRgb8;

  std::uint8_t* row(int y) const { return data + y * stride; }
  operator ImageView() const { return {data, width, height, stride, format}; }
};

/// Owns pixels; rows are packed (stride = width × channels). Moves, and copies only by Clone(). Contents are
/// uninitialised after construction. The caller has checked the size against core/limits.h.
class Image {
 public:
  Image();
  Image(int width, int height, PixelFormat format);
  Image(Image&&) noexcept;
  Image& operator=(Image&&) noexcept;
  ~Image();

  Image Clone() const;

  bool empty() const { return !data_; }
  int width() const { return width_; }
  int height() const { return height_; }
  Size size() const { return {width_, height_}; }
  PixelFormat format() const { return format_; }
  std::ptrdiff_t stride() const { return static_cast<std::ptrdiff_t>(width_) * Channels(format_); }
  std::size_t bytes() const {
    return static_cast<std::size_t>(stride()) * static_cast<std::size_t>(height_);
  }

  ImageView view() const { return {data_.get(), width_, height_, stride(), format_}; }
  MutableImageView mutable_view() { return {data_.get(), width_, height_, stride(), format_}; }

 private:
  friend class ImagePool;
  struct Recycler;  // where the memory goes back to; null: to the heap
  struct Release {
    std::shared_ptr<Recycler> recycler;
    std::size_t capacity;  // bytes of the buffer
    void operator()(std::uint8_t* data) const;
  };

  std::unique_ptr<std::uint8_t[], Release> data_;
  int width_ = 0;
  int height_ = 0;
  PixelFormat format_ = PixelFormat::kRgb8;
};

/// Hands out images whose memory comes back here when they end, so a steady stream of frames takes none from the heap.
/// Keeps at most `max_idle` unused buffers. Safe from any thread; images may outlive the pool.
class ImagePool {
 public:
  explicit ImagePool(std::size_t max_idle = 4);
  Image Acquire(int width, int height, PixelFormat format);

 private:
  std::shared_ptr<Image::Recycler> recycler_;
};

}  // namespace vigil
