#include "app/models_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

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
  for (const auto& model : nn::KnownModels()) {
    std::filesystem::copy_file(test::ModelPath(std::string(model.file)),
                               dir / std::string(model.file));
  }
  const std::string first(nn::KnownModels().front().file), last(nn::KnownModels().back().file);
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

TEST(Models, AFolderThatIsNotThereIsOneLine) {
  for (const auto command : {ListModels, VerifyModels}) {
    const auto [code, out, err] = Call(command, {.models_dir = "/nowhere"});
    EXPECT_EQ(code, 1);
    EXPECT_THAT(out, IsEmpty());
    EXPECT_EQ(err,
              "vigil models: models folder /nowhere (named by the configuration) does not exist\n");
  }
}

}  // namespace
}  // namespace vigil::app
