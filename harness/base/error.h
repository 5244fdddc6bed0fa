#pragma once

// How a failure travels: every function at a folder's boundary that can fail returns a Result.
// Value types; free of threads and of I/O.

#include <string>
#include <tl/expected.hpp>

namespace tidemark {

// A place in a file that a person wrote. Lines and columns count from 1; line 0 means "no place".
struct SourcePosition {
  std::string file;
  int line = 0;
  int column = 0;

  bool known() const { return line > 0; }
  friend bool operator==(const SourcePosition&, const SourcePosition&) = default;
};

// What happened and, in the same message, what to do about it.
struct Error {
  std::string message;
  SourcePosition position = {};
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> failure(std::string message, SourcePosition position = {}) {
  return tl::unexpected<Error>(Error{std::move(message), std::move(position)});
}

// "FILE:LINE:COLUMN: what happened", or just what happened.
std::string with_place(const Error& error);

// "while doing X: what happened", for an error on its way up.
inline Error with_context(const std::string& context, Error error) {
  error.message = context + ": " + error.message;
  return error;
}

// The last call's errno in words: "No such file or directory".
std::string errno_text(int error_number);

}  // namespace tidemark
