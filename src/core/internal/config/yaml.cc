#include "core/internal/config/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

#include "core/limits.h"

namespace vigil::config {
namespace {

// Leaves yaml-cpp from inside its callbacks, which have no other way to stop it. Never leaves this file.
struct Refused {
  YAML::Mark mark;
  std::string message;
};

// Counts what a tree takes, so that aliases cannot multiply it.
struct Budget {
  std::size_t nodes = 0;
  std::size_t bytes = 0;

  void Add(const YAML::Mark& mark, const Budget& more) {
    nodes += more.nodes;
    bytes += more.bytes;
    if (nodes > limits::kMaxConfigNodes || bytes > limits::kMaxConfigExpandedBytes) {
      throw Refused{mark, fmt::format("too much: more than {} values or {} bytes, aliases resolved",
                                      limits::kMaxConfigNodes, limits::kMaxConfigExpandedBytes)};
    }
  }
};

Budget SizeOf(const Node& node) {
  Budget size{1, node.text.size()};
  const auto add = [&size](const Node& child, std::size_t name_bytes) {
    const Budget more = SizeOf(child);
    size.nodes += more.nodes;
    size.bytes += more.bytes + name_bytes;
  };
  for (const Node& item : node.items) add(item, 0);
  for (const Entry& entry : node.entries) add(entry.node, entry.name.size());
  return size;
}

class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const Origin& origin, bool with_lines) : origin_(origin), with_lines_(with_lines) {}

  std::optional<Node> root;

  Origin At(const YAML::Mark& mark) const {
    Origin origin = origin_;
    if (with_lines_ && !mark.is_null()) {
      origin.line = mark.line + 1;
      origin.column = mark.column + 1;
    }
    return origin;
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (root) throw Refused{mark, "a second document begins here; one file holds one"};
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    RefuseAsName(mark, "nothing cannot be a name; a text is expected");
    Complete(mark, anchor, Node::Null(At(mark)), true);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    RefuseAsName(mark, "an alias cannot be a name; a text is expected");
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw Refused{mark, "this alias lies inside what it stands for"};
    budget_.Add(mark, SizeOf(found->second));
    Complete(mark, 0, found->second, false);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    RefuseTag(mark, tag);
    if (text.find('\0') != std::string::npos)
      throw Refused{mark, "text must not contain the character NUL"};
    if (ExpectsName()) {
      if (anchor != 0) throw Refused{mark, "a name cannot have an anchor"};
      return TakeName(mark, text);
    }
    Complete(mark, anchor, Node::Scalar(text, At(mark)), true);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(mark, tag, anchor, Node::Kind::kList);
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(mark, tag, anchor, Node::Kind::kMap);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct Level {
    Node node;
    YAML::Mark mark;
    YAML::anchor_t anchor = 0;
    std::optional<Entry> entry;  // of a map: a name that waits for its value
  };

  bool ExpectsName() const {
    return !open_.empty() && open_.back().node.kind == Node::Kind::kMap && !open_.back().entry;
  }

  void RefuseAsName(const YAML::Mark& mark, const char* why) const {
    if (ExpectsName()) throw Refused{mark, why};
  }

  static void RefuseTag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!") {
      throw Refused{mark, fmt::format("the tag {} has no meaning here; remove it", Quote(tag))};
    }
  }

  void TakeName(const YAML::Mark& mark, const std::string& name) {
    Level& map = open_.back();
    const auto same = std::ranges::find_if(map.node.entries,
                                           [&](const Entry& entry) { return entry.name == name; });
    if (same != map.node.entries.end()) {
      throw Refused{
          mark, fmt::format("{} is there twice, first in line {}", Quote(name), same->origin.line)};
    }
    if (name.empty()) throw Refused{mark, "a name cannot be empty"};
    budget_.Add(mark, {0, name.size()});
    map.entry = Entry{name, At(mark), {}};
  }

  void Open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            Node::Kind kind) {
    RefuseTag(mark, tag);
    RefuseAsName(mark, "a list or section cannot be a name; is a bracket not closed?");
    if (open_.size() >= static_cast<std::size_t>(limits::kMaxConfigDepth)) {
      throw Refused{mark, fmt::format("nested more than {} deep", limits::kMaxConfigDepth)};
    }
    open_.push_back({Node::Null(At(mark)), mark, anchor, {}});
    open_.back().node.kind = kind;
  }

  void Close() {
    Level closed = std::move(open_.back());
    open_.pop_back();
    Include(closed.mark, closed.node);
    Complete(closed.mark, closed.anchor, std::move(closed.node), true);
  }

  // A value is there: remembered under its anchor, and given to what it belongs to.
  void Complete(const YAML::Mark& mark, YAML::anchor_t anchor, Node node, bool count) {
    if (count) budget_.Add(mark, {1, node.text.size()});
    if (anchor != 0) {
      budget_.Add(mark, SizeOf(node));
      anchors_[anchor] = node;
    }
    if (open_.empty()) {
      root = std::move(node);
      return;
    }
    Node& parent = open_.back().node;
    if (parent.items.size() + parent.entries.size() >=
        static_cast<std::size_t>(limits::kMaxConfigListItems)) {
      throw Refused{mark, fmt::format("more than {} items in one list or section",
                                      limits::kMaxConfigListItems)};
    }
    if (parent.kind == Node::Kind::kList) {
      parent.items.push_back(std::move(node));
      return;
    }
    Entry entry = *std::exchange(open_.back().entry, std::nullopt);
    if (entry.name == "<<") {  // waits among `items` until the section is complete
      parent.items.push_back(std::move(node));
      return;
    }
    entry.node = std::move(node);
    parent.entries.push_back(std::move(entry));
  }

  // Merge keys: `<<: *base` or `<<: [*a, *b]`. What the section says itself stands, then the first that has the name.
  static void Include(const YAML::Mark& mark, Node& section) {
    if (section.kind != Node::Kind::kMap) return;
    for (Node& value : std::exchange(section.items, {})) {
      std::vector<Node> maps;
      if (value.kind == Node::Kind::kList) {
        maps = std::move(value.items);
      } else {
        maps.push_back(std::move(value));
      }
      for (Node& map : maps) {
        if (map.kind != Node::Kind::kMap)
          throw Refused{mark, "<< takes sections, and this has another value"};
        for (Entry& entry : map.entries) {
          if (section.Find(entry.name) == nullptr) section.entries.push_back(std::move(entry));
        }
      }
    }
    if (section.entries.size() > static_cast<std::size_t>(limits::kMaxConfigListItems)) {
      throw Refused{mark,
                    fmt::format("more than {} names in one section", limits::kMaxConfigListItems)};
    }
  }

  const Origin& origin_;
  const bool with_lines_;
  Budget budget_;
  std::vector<Level> open_;
  std::map<YAML::anchor_t, Node> anchors_;
};

// What can be told before yaml-cpp sees the text, whose scanner keeps every bracket that is open in memory. Returns what
// is wrong and in which line; nothing: fine so far.
std::optional<std::pair<std::string, int>> LookOver(std::string_view text) {
  constexpr int kMaxOpenBrackets =
      1000;  // more than the depth: some may stand in texts and comments
  if (text.size() > limits::kMaxConfigBytes) {
    return {
        {fmt::format("{} bytes; at most {} are read", text.size(), limits::kMaxConfigBytes), 0}};
  }
  int line = 1, brackets = 0;
  for (std::size_t begin = 0; begin <= text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view content = text.substr(begin, end - begin);
    if (!IsText(content)) return {{"not UTF-8 text, or it has control characters", line}};
    for (const char c : content) brackets += (c == '[' || c == '{') - (c == ']' || c == '}');
    if (brackets > kMaxOpenBrackets)
      return {{fmt::format("nested more than {} deep", limits::kMaxConfigDepth), line}};
    begin = end + 1;
  }
  return {};
}

// yaml-cpp's words for two common slips help nobody.
std::string Explain(const std::string& message, std::string_view text, int line) {
  for (; line > 0 && !text.empty(); --line)
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  const std::string_view content = text.substr(0, text.find('\n'));
  const std::string_view indent = content.substr(0, content.find_first_not_of(" \t"));
  if (indent.find('\t') != std::string_view::npos) return "a tab cannot indent YAML; use spaces";
  if (message == "illegal map value")
    return "not valid YAML: a name and `:` are not expected here; check the indentation";
  return fmt::format("not valid YAML: {}", message);
}

}  // namespace

std::optional<Node> ReadYaml(std::string_view text, const Origin& origin, bool with_lines,
                             Problems& problems) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // byte order mark
  TreeBuilder builder(origin, with_lines);
  if (const auto wrong = LookOver(text)) {
    Origin place = origin;
    if (with_lines && wrong->second > 0) place.line = wrong->second, place.column = 1;
    problems.Add(place, "", wrong->first);
    return {};
  }
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Refused& refused) {
    problems.Add(builder.At(refused.mark), "", refused.message);
    return {};
  } catch (const YAML::Exception& error) {
    problems.Add(builder.At(error.mark), "",
                 Explain(error.msg, text, std::max(0, error.mark.line)));
    return {};
  } catch (const std::exception& error) {
    problems.Add(origin, "", fmt::format("not valid YAML: {}", error.what()));
    return {};
  }
  Node root = builder.root ? *std::move(builder.root) : Node::Null(origin);
  if (root.is_null()) root.kind = Node::Kind::kMap;
  return root;
}

}  // namespace vigil::config
