#include "core/config/schema.h"

#include <algorithm>

#include "core/check.h"
#include "core/internal/config/entry.h"

namespace vigil::config {
namespace {

bool IsName(std::string_view name) {
  constexpr std::string_view kLetters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  return !name.empty() && name.find_first_not_of(kLetters) == std::string_view::npos;
}

}  // namespace

Schema::Schema() = default;
Schema::Schema(Schema&&) noexcept = default;
Schema& Schema::operator=(Schema&&) noexcept = default;
Schema::~Schema() = default;

const Schema::Entry* FindEntry(const Schema& schema, std::string_view name) {
  const auto found = std::ranges::find_if(schema.entries(),
                                          [&](const auto& entry) { return entry->name == name; });
  return found == schema.entries().end() ? nullptr : found->get();
}

Schema& Schema::Section(std::string_view path, std::string_view doc) {
  const std::size_t dot = path.find('.');
  const std::string_view name = path.substr(0, dot);
  const auto found =
      std::ranges::find_if(entries_, [&](const auto& entry) { return entry->name == name; });
  Entry* entry = found == entries_.end() ? nullptr : found->get();
  if (entry == nullptr) {
    entry = &Add(name);
    entry->fields = std::make_unique<Schema>();
  }
  VIGIL_CHECK(entry->is_section());  // the name is a key or a list already
  if (dot != std::string_view::npos) return entry->fields->Section(path.substr(dot + 1), doc);
  if (!doc.empty()) entry->doc = doc;
  return *entry->fields;
}

Schema::Entry& Schema::Add(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  if (dot != std::string_view::npos) return Section(path.substr(0, dot)).Add(path.substr(dot + 1));
  VIGIL_CHECK(IsName(path));
  VIGIL_CHECK(FindEntry(*this, path) == nullptr);  // registered twice
  entries_.push_back(std::make_unique<Entry>());
  entries_.back()->name = path;
  return *entries_.back();
}

KeySpec& Schema::AddKey(std::string_view path, Type type, std::function<Value()> get,
                        std::function<void(const Value&)> set) {
  Entry& entry = Add(path);
  entry.key = std::make_unique<KeySpec>();
  entry.key->type = std::move(type);
  entry.key->initial = get();
  entry.key->get = std::move(get);
  entry.key->set = std::move(set);
  return *entry.key;
}

KeyOf<std::chrono::microseconds> Schema::Microseconds(std::string_view path, std::int64_t& field) {
  using Bound = internal::Binding<std::chrono::microseconds>;
  return KeyOf<std::chrono::microseconds>(AddKey(
      path, Bound::Describe(), [&field] { return Bound::Get(std::chrono::microseconds(field)); },
      [&field](const Value& value) {
        std::chrono::microseconds duration{};
        Bound::Set(duration, value);
        field = duration.count();
      }));
}

void Schema::AddCollection(std::string_view path, std::unique_ptr<Collection> collection,
                           Schema fields, std::shared_ptr<void> example, std::string_view doc,
                           std::size_t max_items, bool keyed) {
  Entry& entry = Add(path);
  entry.doc = doc;
  entry.example = std::move(example);
  entry.fields = std::make_unique<Schema>(std::move(fields));
  entry.collection = std::move(collection);
  entry.keyed = keyed;
  entry.max_items = max_items;
}

void Schema::Check(std::function<absl::Status()> check) { checks_.push_back(std::move(check)); }

void Schema::CheckAll(std::function<absl::Status(const Refusals&)> check) {
  checks_of_all_.push_back(std::move(check));
}

}  // namespace vigil::config
