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
#include <utility>

namespace tidemark::scenario {
namespace {

constexpr std::size_t kMostNodes = 100'000;
constexpr std::size_t kMostLevels = 100;

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

  SourcePosition at(const YAML::Mark& mark) {
    if (mark.is_null()) return {file_, 1, 1};
    // Places come in ascending order: on a long line, go on from the last one.
    if (mark.line != line_ || mark.column < byte_) {
      line_ = mark.line;
      byte_ = 0;
      column_ = 1;
    }
    const std::string_view line = line_at(mark);
    for (; byte_ < mark.column && static_cast<std::size_t>(byte_) < line.size(); ++byte_)
      if ((static_cast<std::uint8_t>(line[static_cast<std::size_t>(byte_)]) & 0xC0) != 0x80)
        ++column_;
    return {file_, mark.line + 1, column_};
  }

  bool is_indented_by_tab(const YAML::Mark& mark) const {
    const std::string_view line = line_at(mark);
    return line.substr(0, line.find_first_not_of(" \t")).find('\t') != std::string_view::npos;
  }

  // True where the author wrote a null, false where a value was left out.
  bool is_written_null(const YAML::Mark& mark) const {
    const std::string_view line = line_at(mark);
    const std::string_view rest =
        line.substr(std::min(line.size(), static_cast<std::size_t>(mark.column)));
    return rest.starts_with("~") || rest.starts_with("null") || rest.starts_with("Null") ||
           rest.starts_with("NULL");
  }

 private:
  std::string_view line_at(const YAML::Mark& mark) const {
    const bool is_there = !mark.is_null() && static_cast<std::size_t>(mark.line) < lines_.size();
    return is_there ? lines_[static_cast<std::size_t>(mark.line)] : std::string_view();
  }

  std::string file_;
  std::vector<std::string_view> lines_;
  int line_ = -1;  // of the last place, with the bytes before it and its column
  int byte_ = 0;
  int column_ = 1;
};

// The library's words for the mistakes that people make, in words that say what to do.
std::string in_plain_words(const YAML::Exception& error, const Positions& positions) {
  if (positions.is_indented_by_tab(error.mark)) return "indent with spaces, not with tabs";
  constexpr std::pair<std::string_view, std::string_view> kWords[] = {
      {"end of sequence flow not found", "a '[' is not closed"},
      {"end of map flow not found", "a '{' is not closed"},
      {"end of map not found", "a key is expected here: look at quotes and indentation above"},
      {"end of sequence not found", "a '-' is expected here: look at the indentation above"},
      {"illegal map value", "a ':' cannot stand here: put text that contains one into quotes"},
      {"unknown token", "this character needs quotes here"},  // a bare '?' inside braces, say
      {"bad file", "nested too deeply"},
  };
  for (const auto& [theirs, ours] : kWords)
    if (error.msg == theirs) return std::string(ours);
  return error.msg;
}

class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(Positions& positions) : positions_(positions) {}

  YamlNode take_root() { return std::move(root_); }
  const std::optional<Error>& error() const { return error_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlNode node = leaf(YamlNode::Kind::kNull, mark, {});
    if (!positions_.is_written_null(mark)) node.position = before_next();
    add(std::move(node), anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node = leaf(YamlNode::Kind::kScalar, mark, value);
    node.is_quoted = tag == "!";  // "?" stands for a plain one
    add(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      fail("an alias cannot stand inside the node that it names", mark);
      add(leaf(YamlNode::Kind::kNull, mark, {}), 0);
      return;
    }
    nodes_ += count(found->second);
    if (nodes_ > kMostNodes) fail("the file is too large for a scenario file", mark);
    if (open_.size() + levels(found->second) > kMostLevels) fail("nested too deeply", mark);
    if (error_) return;  // nothing more will be looked at
    YamlNode copy = found->second;
    copy.position = positions_.at(mark);
    add(std::move(copy), 0);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::kList, mark, anchor);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::kMap, mark, anchor);
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

  static std::size_t levels(const YamlNode& node) {
    std::size_t below = 0;
    for (const YamlNode& item : node.items) below = std::max(below, levels(item));
    for (const auto& [key, value] : node.entries)
      below = std::max({below, levels(key), levels(value)});
    return below + 1;
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
    if (!parent.node.entries.empty()) return parent.node.entries.back().key.position;
    return parent.node.position;
  }

  void fail(const std::string& message, const YAML::Mark& mark) {
    if (!error_) error_ = Error{message, positions_.at(mark)};
  }

  void open(YamlNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (open_.size() == kMostLevels) fail("nested too deeply", mark);
    open_.push_back({leaf(kind, mark, {}), anchor, {}});
  }

  void close() {
    Open finished = std::move(open_.back());
    open_.pop_back();
    add(std::move(finished.node), finished.anchor);
  }

  void add(YamlNode node, YAML::anchor_t anchor) {
    if (error_) return;  // hold no more
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
      parent.node.entries.push_back({std::move(*parent.key), std::move(node)});
      parent.key.reset();
    }
  }

  Positions& positions_;
  std::size_t nodes_ = 0;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, YamlNode> anchors_;
  YamlNode root_;
  std::optional<Error> error_;
};

}  // namespace

Result<YamlNode> parse_yaml(std::string_view text, const std::string& file) {
  Positions positions(text, file);
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
    return failure("this is not YAML: " + in_plain_words(error, positions),
                   positions.at(error.mark));
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
