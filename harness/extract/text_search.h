#pragma once

// A text in a body that arrives in pieces, and the rows of one. One object a thread; memory: twice
// the text's length.

#include <cstdint>
#include <string>
#include <string_view>

namespace tidemark::extract {

// Whether a text occurs.
class TextSearch {
 public:
  // For the next body. The text must live as long as it is looked for; an empty one is found.
  void reset(std::string_view wanted);
  void receive(std::string_view piece);
  bool found() const { return found_; }

 private:
  std::string_view wanted_;
  std::string tail_;  // the end of what came before, in which the text may have begun
  bool found_ = true;
};

// Lines that are not empty. "\n" and "\r\n" end them, the last one may go without.
class RowCount {
 public:
  void reset() { *this = RowCount(); }
  void receive(std::string_view piece);
  std::int64_t rows() const { return rows_ + (line_has_text_ ? 1 : 0); }

 private:
  std::int64_t rows_ = 0;  // finished ones
  bool line_has_text_ = false;
};

}  // namespace tidemark::extract
