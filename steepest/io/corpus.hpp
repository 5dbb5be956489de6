#pragma once
// Text to train on: one file, or a folder of documents.

#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "steepest/base/view.hpp"

namespace steepest {

/// Documents of the years first .. last, both included. The year is the number at the start of the file's name, up to
/// its first '-': 1790 of "1790-Washington-1.txt". The default takes every file, whatever its name.
struct YearRange {
  int first = std::numeric_limits<int>::min();
  int last = std::numeric_limits<int>::max();

  static YearRange until(int year) { return {.last = year}; }
  static YearRange from(int year) { return {.first = year}; }
  bool takes_all() const;
  bool contains(int year) const { return first <= year && year <= last; }
};

/// One document: bytes [begin, end) of the corpus.
struct Document {
  std::string name = {};  // of its file, without the folder
  Index begin = 0;
  Index end = 0;
};

/// Documents in the order of their names (by bytes), one newline between two of them.
struct Corpus {
  std::string bytes;
  std::vector<Document> documents;
};

/// Reads a file, or the .txt files of a folder (not of folders in it), of the years asked for. Throws FileError where
/// something is missing or unreadable; DataError where no file is in the range, a file is empty, its name has no year although
/// years are asked for, or it is not UTF-8 (the text names the file and the byte).
Corpus load_corpus(const std::filesystem::path& path, YearRange years = {});

}  // namespace steepest
