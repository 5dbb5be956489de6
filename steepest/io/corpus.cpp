#include "steepest/io/corpus.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "steepest/io/io_error.hpp"
#include "steepest/io/read_file.hpp"
#include "steepest/io/utf8.hpp"

namespace steepest {
namespace {

namespace fs = std::filesystem;

/// The files of `path`: itself, or the .txt files of the folder, sorted by name.
std::vector<fs::path> text_files(const fs::path& path) {
  if (!fs::exists(path)) throw FileError(path, "cannot open", ENOENT);
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
    if (entry.path().extension() == ".txt" && !entry.is_directory()) files.push_back(entry.path());
  }
  std::ranges::sort(files, {}, [](const fs::path& file) { return file.filename().string(); });
  return files;
}

std::optional<int> year_of(std::string_view name) {
  const std::string_view digits = name.substr(0, name.find('-'));
  int year = 0;
  const auto [stopped, error] = std::from_chars(digits.data(), digits.data() + digits.size(), year);
  if (error != std::errc() || stopped != digits.data() + digits.size()) return std::nullopt;
  return year;
}

bool is_wanted(const fs::path& file, YearRange years) {
  if (years.takes_all()) return true;
  const std::optional<int> year = year_of(file.filename().string());
  check_data(year.has_value(), "[text] {}: years are asked for, so the name must begin as in 1790-Washington-1.txt",
             file.string());
  return years.contains(*year);
}

std::string read_text(const fs::path& path) {
  std::string text = read_file(path);
  check_data(!text.empty(), "[text] {}: the file must hold text; 0 bytes came", path.string());
  const std::optional<std::size_t> bad = first_invalid_utf8(text);
  check_data(!bad, "[text] {}: text must be UTF-8; byte {} of {} (0x{:02X}) begins no valid sequence", path.string(),
             bad.value_or(0), text.size(), static_cast<unsigned char>(text[bad.value_or(0)]));
  return text;
}

void append_document(std::string name, std::string_view text, Corpus& corpus) {
  if (!corpus.documents.empty()) corpus.bytes += '\n';
  const Index begin = std::ssize(corpus.bytes);
  corpus.bytes += text;
  corpus.documents.push_back({.name = std::move(name), .begin = begin, .end = std::ssize(corpus.bytes)});
}

}  // namespace

bool YearRange::takes_all() const {
  return first == std::numeric_limits<int>::min() && last == std::numeric_limits<int>::max();
}

Corpus load_corpus(const fs::path& path, YearRange years) {
  const std::vector<fs::path> files = text_files(path);
  Corpus corpus;
  for (const fs::path& file : files) {
    if (is_wanted(file, years)) append_document(file.filename().string(), read_text(file), corpus);
  }
  check_data(!corpus.documents.empty(),
             "[text] {}: at least one .txt file of the years asked for is needed; {} files came, 0 bytes",
             path.string(), files.size());
  return corpus;
}

}  // namespace steepest
