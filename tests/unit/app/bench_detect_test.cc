#include "app/bench_detect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "support/test_data.h"

namespace vigil::app {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class BenchDetectTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"models", "images", "labels"}) fs::create_directory(dir_ / name);
    arguments_.models_dir = (dir_ / "models").string();
    arguments_.images_dir = (dir_ / "images").string();
    arguments_.labels_dir = (dir_ / "labels").string();
  }
  // Links, so that nothing is copied.
  void Take(const std::string& shared, const std::string& folder) {
    const fs::path file = fs::absolute(test::SharedPath(shared));
    fs::create_symlink(file, dir_ / folder / file.filename());
  }
  void TakePicture(const std::string& number, bool labelled) {
    Take("images/coco_train2017/images/" + number + ".jpg", "images");
    if (labelled) Take("images/coco_train2017/labels/" + number + ".txt", "labels");
  }
  int Run(std::stop_token stop = {}) {
    out_.str("");
    err_.str("");
    return BenchDetect(arguments_, out_, err_, stop);
  }

  test::TempDir dir_;
  BenchDetectArguments arguments_;
  std::ostringstream out_, err_;
};

#ifdef VIGIL_WITH_ONNXRUNTIME
TEST_F(BenchDetectTest, PrintsALineAModel) {
  VIGIL_NEEDS_SHARED_DATA();
  Take("models/FastestDet.onnx", "models");
  Take("models/pfld_68.onnx", "models");  // no detector
  TakePicture("000000000009", true);
  TakePicture("000000000025", true);
  TakePicture("000000000030", false);
  EXPECT_EQ(Run(), 0) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("3 pictures; precision and recall at score 0.25"));
  EXPECT_THAT(out_.str(), testing::ContainsRegex("FastestDet.onnx +0\\.[0-9]+ +0\\.[0-9]+ +0\\."));
  EXPECT_THAT(out_.str(), HasSubstr("1 pictures have no label file"));
  EXPECT_THAT(err_.str(), HasSubstr("left out: model"));
  EXPECT_THAT(err_.str(), HasSubstr("pfld_68.onnx"));

  test::WriteFile(dir_ / "labels/000000000030.txt", "not a label");
  EXPECT_EQ(Run(), 1);
  EXPECT_THAT(err_.str(), HasSubstr("000000000030.txt: line 1"));
}

TEST_F(BenchDetectTest, StopsWhenAsked) {
  VIGIL_NEEDS_SHARED_DATA();
  Take("models/FastestDet.onnx", "models");
  TakePicture("000000000009", true);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(Run(stop.get_token()), 130);
}

TEST_F(BenchDetectTest, WantsLabels) {
  VIGIL_NEEDS_SHARED_DATA();
  Take("models/FastestDet.onnx", "models");
  TakePicture("000000000009", false);
  EXPECT_EQ(Run(), 1);
  EXPECT_THAT(err_.str(), HasSubstr("no label files"));
}
#endif

TEST_F(BenchDetectTest, SaysWhatIsMissing) {
  EXPECT_EQ(Run(), 1);
  EXPECT_THAT(err_.str(), HasSubstr("no pictures"));
  test::WriteFile(dir_ / "images/a.png", "");
  EXPECT_EQ(Run(), 1);
  EXPECT_THAT(err_.str(), HasSubstr("no detectors"));
  arguments_.images_dir = (dir_ / "nowhere").string();
  EXPECT_EQ(Run(), 1);
  EXPECT_THAT(err_.str(), HasSubstr("nowhere"));
}

}  // namespace
}  // namespace vigil::app
