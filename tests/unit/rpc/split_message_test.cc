#include "rpc/internal/split_message.h"

#include <gtest/gtest.h>

#include <random>

#include "vigil/v1/gaze.pb.h"

namespace vigil::rpc::internal {
namespace {

using Piece = FieldBytes::Piece;
constexpr std::uint32_t kLast = v1::VideoFrame::kBudgetUsFieldNumber;

// The text cut into pieces, empty ones among them.
struct Cut {
  Cut(std::string text, std::size_t piece) : bytes(std::move(text)) {
    const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      pieces.emplace_back(data + at, std::min(piece, bytes.size() - at));
      pieces.emplace_back();
    }
  }
  std::string bytes;
  std::vector<Piece> pieces;
};

std::string Text(const FieldBytes& bytes) {
  std::vector<std::uint8_t> scratch;
  const Piece joined = bytes.Joined(scratch);
  return {joined.begin(), joined.end()};
}

v1::VideoFrame Frame() {
  v1::VideoFrame frame;
  frame.set_frame_data(std::string(1000, 'p'));
  frame.set_timestamp_us(-5);
  frame.set_stream_id("edge");
  frame.set_encoding(v1::IMAGE_ENCODING_BGR24);
  frame.set_width(640);
  frame.set_sequence(1ULL << 63);
  frame.set_omit_points(true);
  return frame;
}

TEST(SplitMessage, SaysWhatProtobufSaysHoweverItIsCut) {
  for (const std::size_t piece : {1, 2, 3, 7, 100, 5000}) {
    const Cut cut(Frame().SerializeAsString(), piece);
    SplitMessage split;
    ASSERT_TRUE(Split(cut.pieces, 1, kLast, split).ok()) << piece;
    EXPECT_EQ(Text(split.bytes), std::string(1000, 'p'));
    v1::VideoFrame rest, expected = Frame();
    ASSERT_TRUE(rest.ParseFromString(split.rest));
    expected.clear_frame_data();
    EXPECT_EQ(rest.SerializeAsString(), expected.SerializeAsString());
    // One piece is where it lay.
    if (piece == 5000) {
      EXPECT_EQ(split.bytes.pieces().size(), 1U);
      EXPECT_GE(split.bytes.pieces()[0].data(), cut.pieces[0].data());
    }
  }
}

TEST(SplitMessage, TheLastOfSeveralCounts) {
  v1::VideoFrame first, second;
  first.set_frame_data("first");
  second.set_frame_data("second");
  const Cut cut(first.SerializeAsString() + second.SerializeAsString(), 4);
  SplitMessage split;
  ASSERT_TRUE(Split(cut.pieces, 1, kLast, split).ok());
  EXPECT_EQ(Text(split.bytes), "second");
}

TEST(SplitMessage, RefusesWhatIsNoMessage) {
  const std::string cases[] = {
      std::string("\x0A\x05pic", 5),                                    // ends inside the bytes
      std::string("\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 11),  // longer than all there is
      std::string("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 11),  // a varint without an end
      std::string("\x00", 1),                                           // field 0
      std::string("\x0B", 1),
      std::string("\x0C", 1),
      std::string("\x0F", 1),      // groups; no such type
      std::string("\x15\x01", 2),  // four bytes of which one came
      std::string("\x10", 1),      // a varint that did not come
  };
  for (const std::string& text : cases) {
    SplitMessage split;
    EXPECT_EQ(Split(Cut(text, 2).pieces, 1, kLast, split).code(),
              absl::StatusCode::kInvalidArgument)
        << testing::PrintToString(text);
  }
}

TEST(SplitMessage, WhatIsBesideThePictureIsBounded) {
  v1::VideoFrame frame = Frame();
  frame.set_stream_id(std::string(kMaxRestBytes, 'x'));
  SplitMessage split;
  EXPECT_EQ(Split(Cut(frame.SerializeAsString(), 1000).pieces, 1, kLast, split).code(),
            absl::StatusCode::kResourceExhausted);
  std::string many;
  for (int i = 0; i < 100'000; ++i) many += "\x10\x01";
  EXPECT_EQ(Split(Cut(many, 1000).pieces, 1, kLast, split).code(),
            absl::StatusCode::kResourceExhausted);
  // Unknown ones take nothing.
  std::string unknown;
  for (int i = 0; i < 100'000; ++i) unknown += "\xF8\x3F\x01";
  ASSERT_TRUE(Split(Cut(unknown, 1000).pieces, 1, kLast, split).ok());
  EXPECT_TRUE(split.rest.empty());
}

TEST(SplitMessage, AnyBytesAreReadOrRefused) {
  std::mt19937 random(5);
  for (int i = 0; i < 20'000; ++i) {
    std::string text = Frame().SerializeAsString().substr(1000);
    for (int k = 0; k < 4; ++k) text[random() % text.size()] = static_cast<char>(random());
    SplitMessage split;
    if (Split(Cut(text, 1 + random() % 9).pieces, 1, kLast, split).ok()) {
      EXPECT_LE(split.bytes.size() + split.rest.size(), text.size());
    }
  }
}

}  // namespace
}  // namespace vigil::rpc::internal
