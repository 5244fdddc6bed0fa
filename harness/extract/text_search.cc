#include "harness/extract/text_search.h"

#include <cstring>

namespace tidemark::extract {
namespace {

// std::string_view::find stops at every occurrence of the first letter; this one does not.
bool occurs(std::string_view wanted, std::string_view text) {
  return ::memmem(text.data(), text.size(), wanted.data(), wanted.size()) != nullptr;
}

}  // namespace

void TextSearch::reset(std::string_view wanted) {
  wanted_ = wanted;
  tail_.clear();
  found_ = wanted.empty();
}

void TextSearch::receive(std::string_view piece) {
  if (found_) return;
  // The join of two pieces first, then the piece by itself, which is not copied.
  const std::size_t overlap = wanted_.size() - 1;
  tail_ += piece.substr(0, overlap);
  found_ = occurs(wanted_, tail_) || occurs(wanted_, piece);
  if (piece.size() >= overlap)
    tail_.assign(piece.substr(piece.size() - overlap));
  else if (tail_.size() > overlap)
    tail_.erase(0, tail_.size() - overlap);
}

void RowCount::receive(std::string_view piece) {
  while (!piece.empty()) {
    const std::size_t end = piece.find('\n');
    const std::string_view line = piece.substr(0, end);
    line_has_text_ = line_has_text_ || line.find_first_not_of('\r') != std::string_view::npos;
    if (end == std::string_view::npos) return;
    rows_ += line_has_text_ ? 1 : 0;
    line_has_text_ = false;
    piece.remove_prefix(end + 1);
  }
}

}  // namespace tidemark::extract
