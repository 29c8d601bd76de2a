// Lists and maps of structs, type erased: what Schema::List and Schema::Map need from their container.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace vigil::config {

class Schema;

/// Registers the keys of one T.
template <typename T>
using Builder = std::function<void(Schema&, T&)>;

class Collection {
 public:
  virtual ~Collection() = default;
  /// Names of the elements; a list's are 0, 1, …
  virtual std::vector<std::string> names() const = 0;
  /// Makes it hold exactly these elements, all new.
  virtual void Reset(const std::vector<std::string>& names) = 0;
  /// Registers the keys of the element of that name, which is there.
  virtual void Describe(const std::string& name, Schema& schema) = 0;
};

namespace internal {

template <typename T>
class ListOf final : public Collection {
 public:
  ListOf(std::vector<T>& field, Builder<T> builder) : field_(field), builder_(std::move(builder)) {}
  std::vector<std::string> names() const override {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < field_.size(); ++i) names.push_back(std::to_string(i));
    return names;
  }
  void Reset(const std::vector<std::string>& names) override {
    field_.clear();
    field_.resize(names.size());
  }
  void Describe(const std::string& name, Schema& schema) override {
    builder_(schema, field_.at(std::stoul(name)));
  }

 private:
  std::vector<T>& field_;
  Builder<T> builder_;
};

template <typename T>
class MapOf final : public Collection {
 public:
  MapOf(std::map<std::string, T>& field, Builder<T> builder)
      : field_(field), builder_(std::move(builder)) {}
  std::vector<std::string> names() const override {
    std::vector<std::string> names;
    for (const auto& [name, element] : field_) names.push_back(name);
    return names;
  }
  void Reset(const std::vector<std::string>& names) override {
    field_.clear();
    for (const std::string& name : names) field_.try_emplace(name);
  }
  void Describe(const std::string& name, Schema& schema) override {
    builder_(schema, field_.at(name));
  }

 private:
  std::map<std::string, T>& field_;
  Builder<T> builder_;
};

}  // namespace internal
}  // namespace vigil::config
