#include "app/models_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stop_token>
#include <utility>
#include <vector>

#include "nn/model_catalog.h"
#include "support/test_data.h"

namespace vigil::app {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;

struct Outcome {
  int code = 0;
  std::string out, err;
};
Outcome Call(int (*command)(const ModelsArguments&, std::ostream&, std::ostream&),
             const ModelsArguments& arguments) {
  std::ostringstream out, err;
  const int code = command(arguments, out, err);
  return {code, out.str(), err.str()};
}
std::string InstalledDir() { return test::ModelPath("").string(); }

TEST(ModelsList, NamesEveryModelForPeople) {
  const auto [code, out, err] = Call(ListModels, {.models_dir = InstalledDir()});
  EXPECT_EQ(code, 0);
  EXPECT_THAT(err, IsEmpty());
  for (const auto& model : nn::KnownModels()) {
    EXPECT_THAT(out, HasSubstr(std::string(model.name)));
    EXPECT_THAT(out, HasSubstr(std::string(model.file)));
  }
  EXPECT_THAT(out, HasSubstr("Apache-2.0"));
  EXPECT_THAT(out, testing::Not(HasSubstr("missing")));
}

TEST(ModelsList, SaysWhatIsToPullAndWhatIsAgpl) {
  const test::TempDir dir;
  const auto* yolo = nn::FindKnownModel("yolov8n-int8");
  ASSERT_NE(yolo, nullptr);
  const auto line = [&] {
    const auto [code, out, err] = Call(ListModels, {.models_dir = dir.path().string()});
    const auto begin = out.find("yolov8n-int8");
    return out.substr(begin, out.find("\n", out.find("\n", begin) + 1) - begin);
  };
  EXPECT_THAT(line(), testing::AllOf(HasSubstr("to pull"), HasSubstr("AGPL-3.0-only")));
  test::WriteFile(dir / std::string(yolo->file), "x");
  EXPECT_THAT(line(), HasSubstr("installed"));
}

TEST(ModelsList, NamesEveryModelForMachines) {
  const test::TempDir empty;
  const auto [code, out, err] =
      Call(ListModels, {.models_dir = empty.path().string(), .json = true});
  EXPECT_EQ(code, 0);
  EXPECT_THAT(err, IsEmpty());
  const json list = json::parse(out);
  EXPECT_EQ(list["folder"], empty.path().string());
  ASSERT_EQ(list["models"].size(), nn::KnownModels().size());
  for (std::size_t i = 0; i < nn::KnownModels().size(); ++i) {
    EXPECT_EQ(list["models"][i]["sha256"], nn::KnownModels()[i].sha256);
    EXPECT_EQ(list["models"][i]["bytes"], nn::KnownModels()[i].bytes);
    EXPECT_EQ(list["models"][i]["installed"], false);
  }
}

TEST(ModelsVerify, AcceptsWhatSetUpInstalled) {
  const auto text = Call(VerifyModels, {.models_dir = InstalledDir()});
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_THAT(text.err, IsEmpty());
  EXPECT_THAT(text.out, testing::Not(HasSubstr("FAILED")));
  const auto machine = Call(VerifyModels, {.models_dir = InstalledDir(), .json = true});
  EXPECT_EQ(machine.code, 0);
  EXPECT_EQ(json::parse(machine.out)["ok"], true);
}

TEST(ModelsVerify, GoesOnAfterABadModel) {
  const test::TempDir dir;
  std::vector<std::string> files;
  for (const auto& model : nn::KnownModels()) {
    if (!model.comes_with_setup()) continue;
    files.emplace_back(model.file);
    std::filesystem::copy_file(test::ModelPath(files.back()), dir / files.back());
  }
  const std::string first = files.front(), last = files.back();
  std::filesystem::remove(dir / first);
  test::WriteFile(dir / last, "no model");

  const auto text = Call(VerifyModels, {.models_dir = dir.path().string()});
  EXPECT_EQ(text.code, 1);
  EXPECT_THAT(text.err, HasSubstr(first + ": is missing; run `make setup`"));
  EXPECT_THAT(text.err, HasSubstr(last + ": has 8 bytes instead of"));
  EXPECT_EQ(std::count(text.err.begin(), text.err.end(), '\n'), 2);
  const auto machine = Call(VerifyModels, {.models_dir = dir.path().string(), .json = true});
  const json result = json::parse(machine.out);
  EXPECT_EQ(machine.code, 1);
  EXPECT_EQ(result["ok"], false);
  EXPECT_EQ(result["models"].front()["ok"], false);
  EXPECT_EQ(result["models"][1]["ok"], true);
  EXPECT_THAT(result["models"].back()["error"].get<std::string>(), HasSubstr("8 bytes"));
}

TEST(ModelsVerify, LooksAtPulledModelsThatAreThere) {
  const test::TempDir dir;
  for (const auto& model : nn::KnownModels()) {
    if (!model.comes_with_setup()) continue;
    std::filesystem::copy_file(test::ModelPath(std::string(model.file)),
                               dir / std::string(model.file));
  }
  EXPECT_EQ(Call(VerifyModels, {.models_dir = dir.path().string()}).code, 0);
  test::WriteFile(dir / "FastestDet.onnx", "no model");
  const auto spoilt = Call(VerifyModels, {.models_dir = dir.path().string()});
  EXPECT_EQ(spoilt.code, 1);
  EXPECT_THAT(spoilt.err, HasSubstr("run `vigil models pull fastestdet` to fetch it"));
}

Outcome CallPull(const ModelsArguments& arguments, std::stop_token stop = {}) {
  std::ostringstream out, err;
  const int code = PullModels(arguments, out, err, std::move(stop));
  return {code, out.str(), err.str()};
}

TEST(ModelsPull, SaysTheLicenceOfWhatIsThere) {
  VIGIL_NEEDS_SHARED_DATA();
  const test::TempDir dir;
  for (const char* file : {"FastestDet.onnx", "yolov8n_int8.onnx"})
    std::filesystem::copy_file(test::SharedPath(std::string("models/") + file), dir / file);
  const auto free = CallPull({.models_dir = dir.path().string(), .names = {"fastestdet"}});
  EXPECT_EQ(free.code, 0) << free.err;
  EXPECT_THAT(free.out, HasSubstr("is there"));
  EXPECT_THAT(free.out, HasSubstr("licence BSD-3-Clause"));
  EXPECT_THAT(free.out, testing::Not(HasSubstr("note:")));
  const auto agpl = CallPull({.models_dir = dir.path().string(), .names = {"yolov8n-int8"}});
  EXPECT_EQ(agpl.code, 0) << agpl.err;
  EXPECT_THAT(agpl.out, HasSubstr("note: AGPL-3.0-only: "));
}

TEST(ModelsPull, AnUnknownNameIsWrongUsage) {
  const auto [code, out, err] = CallPull({.models_dir = "/nowhere", .names = {"fastestdett"}});
  EXPECT_EQ(code, 2);
  EXPECT_EQ(
      err,
      "vigil models: no model fastestdett is known; did you mean fastestdet? (see vigil models "
      "list)\n");
}

TEST(ModelsPull, GoesOnAfterAModelThatCannotBeHad) {
  const test::TempDir dir;
  const auto [code, out, err] = CallPull({.models_dir = dir.path().string(),
                                          .names = {"face-mesh", "fastestdet"},
                                          .from = "http://models.invalid"});
  EXPECT_EQ(code, 1);
  EXPECT_EQ(std::count(err.begin(), err.end(), '\n'), 2);
  EXPECT_THAT(err, HasSubstr("model face-mesh: is installed by set-up"));
  EXPECT_THAT(err, HasSubstr("http is for this machine only"));
}

TEST(Models, AFolderThatIsNotThereIsOneLine) {
  for (const auto command : {ListModels, VerifyModels}) {
    const auto [code, out, err] = Call(command, {.models_dir = "/nowhere"});
    EXPECT_EQ(code, 1);
    EXPECT_THAT(out, IsEmpty());
    EXPECT_EQ(
        err,
        "vigil models: models folder /nowhere (named by the configuration) does not exist; name "
        "another, or none for that of the program\n");
  }
}

}  // namespace
}  // namespace vigil::app
