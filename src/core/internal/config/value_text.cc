#include "core/internal/config/value_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cmath>

#include "core/duration.h"
#include "core/internal/config/loose_text.h"
#include "core/nearest.h"

namespace vigil::config {
namespace {

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](char x, char y) { return std::tolower(static_cast<unsigned char>(x)) == y; });
}

std::optional<Value> ParseBool(std::string_view text) {
  for (const char* yes : {"true", "yes", "on", "1"}) {
    if (EqualsIgnoringCase(text, yes)) return Value{true};
  }
  for (const char* no : {"false", "no", "off", "0"}) {
    if (EqualsIgnoringCase(text, no)) return Value{false};
  }
  return {};
}

// All of `text` as a number.
template <typename T>
std::optional<T> ParseWhole(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

std::optional<Value> ParseInteger(std::string_view text) {
  std::string_view digits = text;
  if (digits.starts_with('-')) digits.remove_prefix(1);
  if (digits.size() > 1 && digits.front() == '0') return {};  // 010: eight to some, ten to others
  const auto value = ParseWhole<std::int64_t>(text);
  return value ? std::optional(Value{*value}) : std::nullopt;
}

std::optional<Value> ParseNumber(const Type& type, std::string_view text) {
  const bool percent = type.ratio && text.ends_with('%');
  if (percent) text.remove_suffix(1);
  auto value = ParseWhole<double>(text);
  if (!value || !std::isfinite(*value)) return {};
  if (percent) *value /= 100;
  if (type.single) *value = static_cast<double>(static_cast<float>(*value));
  return std::isfinite(*value) ? std::optional(Value{*value}) : std::nullopt;
}

std::optional<Value> ParseNamed(const Type& type, std::string_view text) {
  for (const auto& [name, value] : type.names) {
    if (name == text) return Value{value};
  }
  return {};
}

std::optional<Value> ParseScalar(const Type& type, const std::string& text) {
  switch (type.kind) {
    case Kind::kBool:
      return ParseBool(text);
    case Kind::kInteger:
      return ParseInteger(text);
    case Kind::kNumber:
      return ParseNumber(type, text);
    case Kind::kText:
      return Value{text};
    case Kind::kEnum:
      return ParseNamed(type, text);
    case Kind::kDuration: {
      const auto duration = ParseDuration(text);
      return duration.ok() ? std::optional(Value{std::int64_t{duration->count()}}) : std::nullopt;
    }
    case Kind::kBytes: {
      const auto size = ParseByteSize(text);
      return size.ok() ? std::optional(Value{size->bytes}) : std::nullopt;
    }
    case Kind::kList:
      break;
  }
  return {};
}

std::string Names(const Type& type) {
  std::string names;
  for (const auto& [name, value] : type.names) names += (names.empty() ? "" : ", ") + name;
  return names;
}

std::string Meant(const Type& type, std::string_view text) {
  std::vector<std::string> names;
  for (const auto& [name, value] : type.names) names.push_back(name);
  std::string meant = DidYouMean(text, names);
  if (!meant.empty() || text.size() < 2) return meant;
  // `mon` is monday, where no other name begins so.
  const auto begins = [&](const std::string& name) {
    return name.size() > text.size() && EditDistance(name.substr(0, text.size()), text) == 0;
  };
  if (std::ranges::count_if(names, begins) != 1) return meant;
  return fmt::format("; did you mean {}?", *std::ranges::find_if(names, begins));
}

// Of two numbers of one type.
bool Less(const Value& a, const Value& b) {
  if (const auto* number = std::get_if<double>(&a.data)) return *number < std::get<double>(b.data);
  return std::get<std::int64_t>(a.data) < std::get<std::int64_t>(b.data);
}

// The value lies within the key's range and what the field can hold; else why not.
std::string OutOfRange(const Type& type, const Value& value) {
  const bool below = type.min != Value{} && Less(value, type.min);
  const bool above = type.max != Value{} && Less(type.max, value);
  if (below || above) return fmt::format("is out of range; {}", DescribeRange(type));
  if (type.kind == Kind::kInteger) {
    const auto number = std::get<std::int64_t>(value.data);
    if (number < type.lowest || number > type.highest) {
      return fmt::format("is out of range; {} to {}", type.lowest, type.highest);
    }
  }
  if (type.kind == Kind::kDuration && std::get<std::int64_t>(value.data) % type.quantum != 0) {
    return fmt::format("is not a whole multiple of {}",
                       FormatDuration(std::chrono::nanoseconds(type.quantum)));
  }
  return {};
}

// 10 where 10% was meant.
std::string_view PercentHint(const Type& type, const Value& value, std::string_view text) {
  if (!type.ratio || text.ends_with('%')) return {};
  const double number = std::get<double>(value.data);
  return number > 1 && number <= 100 ? "; write percent as 10%" : "";
}

// Lists in each other that a value of that type has to have, and that `node` has.
int DepthOf(const Type& type) {
  return type.kind != Kind::kList ? 0 : DepthOf(*type.element) + (type.or_one ? 0 : 1);
}

int DepthOf(const Node& node) {
  if (node.kind != Node::Kind::kList) return 0;
  return node.items.empty() ? 1 : 1 + DepthOf(node.items.front());
}

std::optional<Value> ParseList(const Type& type, const Node& node, std::string_view path,
                               bool secret, Problems& problems) {
  // One polygon where a list of them is asked for: what is wrong is not its corners.
  if (!node.items.empty() && DepthOf(node) == DepthOf(type) - 1 && DepthOf(node) >= 2) {
    problems.Add(
        node.origin, path,
        fmt::format("expected {}; one pair of brackets is missing around it", DescribeType(type)));
    return {};
  }
  if (node.items.size() < type.min_items || node.items.size() > type.max_items) {
    const std::string allowed = type.min_items == type.max_items
                                    ? fmt::format("{}", type.min_items)
                                    : fmt::format("{} to {}", type.min_items, type.max_items);
    problems.Add(node.origin, path,
                 fmt::format("a list of {}; it has to have {}", node.items.size(), allowed));
    return {};
  }
  std::vector<Value> values;
  bool ok = true;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    auto value =
        ParseValue(*type.element, node.items[i], Join(path, std::to_string(i)), secret, problems);
    ok = ok && value;
    if (ok) values.push_back(*std::move(value));
  }
  return ok ? std::optional(Value{std::move(values)}) : std::nullopt;
}

}  // namespace

std::optional<Value> ParseValue(const Type& type, const Node& node, std::string_view path,
                                bool secret, Problems& problems) {
  if (node.broken) return {};
  const bool null = node.is_null() || (node.loose && (node.text == "null" || node.text == "~"));
  if (type.optional && null) return Value{};
  const auto refuse = [&](std::string_view message) {
    problems.Add(node.origin, path, message);
    return std::nullopt;
  };
  const bool is_list = type.kind == Kind::kList;
  if (node.is_null()) {
    const char* hint = type.kind == Kind::kText ? "; an empty text is written ''"
                       : is_list                ? "; an empty list is written []"
                                                : "";
    return refuse(fmt::format("no value is given{}", hint));
  }
  if (is_list && node.kind == Node::Kind::kList)
    return ParseList(type, node, path, secret, problems);
  if (is_list && node.kind == Node::Kind::kScalar && node.loose) {
    const std::size_t before = problems.count();
    const auto list = ReadLoose(&type, node, problems);
    if (list && list->kind == Node::Kind::kList)
      return ParseList(type, *list, path, secret, problems);
    if (problems.count() > before) return {};
  }
  if (is_list && type.or_one && node.kind == Node::Kind::kScalar) {
    Node list;
    list.kind = Node::Kind::kList;
    list.origin = node.origin;
    list.items.push_back(node);
    return ParseList(type, list, path, secret, problems);
  }
  if (is_list || node.kind != Node::Kind::kScalar) {
    const char* found = node.kind == Node::Kind::kScalar ? "one value"
                        : node.kind == Node::Kind::kList ? "a list"
                                                         : "a section";
    return refuse(fmt::format("expected {}, found {}", DescribeType(type), found));
  }
  const std::string shown = secret || node.secret ? "the value" : Quote(node.text);
  const auto value = ParseScalar(type, node.text);
  if (!value) {
    const std::string meant =
        type.kind == Kind::kEnum && !secret && !node.secret ? Meant(type, node.text) : "";
    return refuse(fmt::format("{} is not {}{}", shown, DescribeType(type), meant));
  }
  const std::string wrong = OutOfRange(type, *value);
  if (!wrong.empty())
    return refuse(fmt::format("{} {}{}", shown, wrong, PercentHint(type, *value, node.text)));
  return value;
}

std::string FormatScalar(const Type& type, const Value& value) {
  switch (type.kind) {
    case Kind::kBool:
      return std::get<bool>(value.data) ? "true" : "false";
    case Kind::kInteger:
      return fmt::format("{}", std::get<std::int64_t>(value.data));
    case Kind::kNumber: {
      const double number = std::get<double>(value.data);
      return type.single ? fmt::format("{}", static_cast<float>(number))
                         : fmt::format("{}", number);
    }
    case Kind::kText:
      return std::get<std::string>(value.data);
    case Kind::kDuration:
      return FormatDuration(std::chrono::nanoseconds(std::get<std::int64_t>(value.data)));
    case Kind::kBytes:
      return FormatByteSize({std::get<std::int64_t>(value.data)});
    case Kind::kEnum:
      for (const auto& [name, number] : type.names) {
        if (number == std::get<std::int64_t>(value.data)) return name;
      }
      break;
    case Kind::kList:
      break;
  }
  return {};
}

Node ToNode(const Type& type, const Value& value) {
  if (value == Value{}) return Node::Null({});
  if (type.kind != Kind::kList) {
    Node node = Node::Scalar(FormatScalar(type, value), {});
    if (type.kind == Kind::kDuration || type.kind == Kind::kBytes) node.look = Node::Look::kWord;
    if (type.kind == Kind::kBool) node.look = Node::Look::kBool;
    if (type.kind == Kind::kInteger || type.kind == Kind::kNumber) node.look = Node::Look::kNumber;
    return node;
  }
  Node node;
  node.kind = Node::Kind::kList;
  for (const Value& item : std::get<std::vector<Value>>(value.data))
    node.items.push_back(ToNode(*type.element, item));
  return node;
}

std::string DescribeType(const Type& type) {
  switch (type.kind) {
    case Kind::kBool:
      return "true or false";
    case Kind::kInteger:
      return "a whole number";
    case Kind::kNumber:
      return type.ratio ? "a ratio such as 0.25 or 25%" : "a number";
    case Kind::kText:
      return "a text";
    case Kind::kEnum:
      return fmt::format("one of {}", Names(type));
    case Kind::kDuration:
      return "a duration such as 10s, 500ms or 1m30s";
    case Kind::kBytes:
      return "a size such as 64MiB, 10MB or 4096";
    case Kind::kList:
      return type.is_point()
                 ? "a point [x, y] such as [25%, 0.5]"
                 : fmt::format("{}a list, each item {}", type.or_one ? "one value or " : "",
                               DescribeType(*type.element));
  }
  return {};
}

std::string DescribeRange(const Type& type) {
  const bool min = type.min != Value{}, max = type.max != Value{};
  if (min && max)
    return fmt::format("{} to {}", FormatScalar(type, type.min), FormatScalar(type, type.max));
  if (min) return fmt::format("at least {}", FormatScalar(type, type.min));
  if (max) return fmt::format("at most {}", FormatScalar(type, type.max));
  return {};
}

}  // namespace vigil::config
