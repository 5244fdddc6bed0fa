#include "harness/scenario/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <sstream>

namespace tidemark::scenario {
namespace {

constexpr std::size_t kMostNodes = 100'000;

// The library counts columns in bytes from 0; people and editors count characters from 1.
class Positions {
 public:
  Positions(std::string_view text, std::string file) : file_(std::move(file)) {
    std::size_t start = 0;
    while (start <= text.size()) {
      const std::size_t end = std::min(text.find('\n', start), text.size());
      lines_.push_back(text.substr(start, end - start));
      start = end + 1;
    }
  }

  SourcePosition at(const YAML::Mark& mark) const {
    if (mark.is_null()) return {file_, 1, 1};
    int column = 1;
    if (static_cast<std::size_t>(mark.line) < lines_.size()) {
      const std::string_view before = lines_[static_cast<std::size_t>(mark.line)].substr(
          0, static_cast<std::size_t>(mark.column));
      for (const char c : before)
        if ((static_cast<std::uint8_t>(c) & 0xC0) != 0x80) ++column;
    }
    return {file_, mark.line + 1, column};
  }

  // True where the author wrote a null, false where a value was left out.
  bool is_written_null(const YAML::Mark& mark) const {
    if (mark.is_null() || static_cast<std::size_t>(mark.line) >= lines_.size()) return false;
    const std::string_view line = lines_[static_cast<std::size_t>(mark.line)];
    const std::string_view rest =
        line.substr(std::min(line.size(), static_cast<std::size_t>(mark.column)));
    return rest.starts_with("~") || rest.starts_with("null") || rest.starts_with("Null") ||
           rest.starts_with("NULL");
  }

 private:
  std::string file_;
  std::vector<std::string_view> lines_;
};

class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const Positions& positions) : positions_(positions) {}

  YamlNode take_root() { return std::move(root_); }
  const std::optional<Error>& error() const { return error_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlNode node = leaf(YamlNode::Kind::kNull, mark, {});
    if (!positions_.is_written_null(mark)) node.position = before_next();
    add(std::move(node), anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                const std::string& value) override {
    add(leaf(YamlNode::Kind::kScalar, mark, value), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      fail("an alias cannot stand inside the node that it names", mark);
      add(leaf(YamlNode::Kind::kNull, mark, {}), 0);
      return;
    }
    YamlNode copy = found->second;
    copy.position = positions_.at(mark);
    nodes_ += count(copy);
    add(std::move(copy), 0);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open_.push_back({leaf(YamlNode::Kind::kList, mark, {}), anchor, {}});
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open_.push_back({leaf(YamlNode::Kind::kMap, mark, {}), anchor, {}});
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    YamlNode node;
    YAML::anchor_t anchor;
    std::optional<YamlNode> key;
  };

  static std::size_t count(const YamlNode& node) {
    std::size_t total = 1;
    for (const YamlNode& item : node.items) total += count(item);
    for (const auto& [key, value] : node.entries) total += count(key) + count(value);
    return total;
  }

  YamlNode leaf(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& text) {
    if (++nodes_ > kMostNodes) fail("the file is too large for a scenario file", mark);
    YamlNode node;
    node.kind = kind;
    node.position = positions_.at(mark);
    node.text = text;
    return node;
  }

  // Where a value was left out the library names the next token, which may be lines away: the place
  // is that of its key, or of what stands before it.
  SourcePosition before_next() const {
    if (open_.empty()) return positions_.at(YAML::Mark::null_mark());
    const Open& parent = open_.back();
    if (parent.key) return parent.key->position;
    if (!parent.node.items.empty()) return parent.node.items.back().position;
    if (!parent.node.entries.empty()) return parent.node.entries.back().first.position;
    return parent.node.position;
  }

  void fail(const std::string& message, const YAML::Mark& mark) {
    if (!error_) error_ = Error{message, positions_.at(mark)};
  }

  void close() {
    Open finished = std::move(open_.back());
    open_.pop_back();
    add(std::move(finished.node), finished.anchor);
  }

  void add(YamlNode node, YAML::anchor_t anchor) {
    if (nodes_ > kMostNodes) return;  // the error is noted; hold no more
    if (anchor != 0) anchors_[anchor] = node;
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == YamlNode::Kind::kList) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      parent.key = std::move(node);
    } else {
      parent.node.entries.emplace_back(std::move(*parent.key), std::move(node));
      parent.key.reset();
    }
  }

  const Positions& positions_;
  std::size_t nodes_ = 0;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, YamlNode> anchors_;
  YamlNode root_;
  std::optional<Error> error_;
};

}  // namespace

Result<YamlNode> parse_yaml(std::string_view text, const std::string& file) {
  const Positions positions(text, file);
  TreeBuilder builder(positions);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) return failure("the file is empty", {file, 1, 1});
    YamlNode root = builder.take_root();
    if (builder.error()) return tl::unexpected(*builder.error());
    TreeBuilder rest(positions);
    if (parser.HandleNextDocument(rest))
      return failure("the file holds more than one YAML document; write one per file",
                     rest.take_root().position);
    return root;
  } catch (const YAML::Exception& error) {
    // The parser stumbles over a bare '?' inside braces, as in {path: /list?page=2}.
    const std::string hint = error.msg == "unknown token" ? "; put the text into quotes" : "";
    return failure("this is not YAML: " + error.msg + hint, positions.at(error.mark));
  }
}

std::string_view kind_name(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kScalar:
      return "a single value";
    case YamlNode::Kind::kList:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a map";
  }
  return {};
}

}  // namespace tidemark::scenario
