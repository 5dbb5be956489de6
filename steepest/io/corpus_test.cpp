// The corpus is the concatenation of its documents with one newline between two, and document k is bytes[begin_k, end_k):
// sum (end - begin) + (documents - 1) = size.

#include "steepest/io/corpus.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "steepest/io/io_error.hpp"
#include "steepest/io/testing/temporary_folder.hpp"

namespace steepest {
namespace {

using ::testing::HasSubstr;
using testing::message_of;
using testing::TemporaryFolder;

class CorpusFolder : public ::testing::Test {
 protected:
  CorpusFolder() {
    folder.with("2000-Clinton-1.txt", "five");
    folder.with("1790-Washington-2.txt", "two\n");
    folder.with("1999-Clinton-1.txt", "caf\xC3\xA9");
    folder.with("1790-Washington-1.txt", "one");
    folder.with("notes.md", "\xFF not text, not read");
    std::filesystem::create_directory(folder / "1800-folder.txt");
  }
  std::string refusal(YearRange years = {}) const {
    return message_of<DataError>([&] { load_corpus(folder.path(), years); });
  }
  TemporaryFolder folder;
};

TEST_F(CorpusFolder, DocumentsAreJoinedInTheOrderOfTheirNames) {
  const Corpus corpus = load_corpus(folder.path());
  EXPECT_EQ(corpus.bytes, "one\ntwo\n\ncaf\xC3\xA9\nfive");
  ASSERT_EQ(corpus.documents.size(), 4U);
  EXPECT_EQ(corpus.documents[0].name, "1790-Washington-1.txt");
  Index total = std::ssize(corpus.documents) - 1;
  for (const Document& document : corpus.documents) total += document.end - document.begin;
  EXPECT_EQ(total, std::ssize(corpus.bytes));
  const Document& third = corpus.documents[2];
  EXPECT_EQ(
      corpus.bytes.substr(static_cast<std::size_t>(third.begin), static_cast<std::size_t>(third.end - third.begin)),
      "caf\xC3\xA9");
}

TEST_F(CorpusFolder, YearsPartTheDocuments) {
  EXPECT_EQ(load_corpus(folder.path(), YearRange::until(1999)).bytes, "one\ntwo\n\ncaf\xC3\xA9");
  EXPECT_EQ(load_corpus(folder.path(), YearRange::from(2000)).bytes, "five");
  EXPECT_EQ(load_corpus(folder.path(), {.first = 1791, .last = 1999}).bytes, "caf\xC3\xA9");
}

TEST_F(CorpusFolder, AnEmptyRangeIsRefused) {
  EXPECT_THAT(refusal(YearRange::from(2001)), HasSubstr("4 files came, 0 bytes"));
}

TEST_F(CorpusFolder, ANameWithoutAYearIsRefusedWhereYearsAreAskedFor) {
  folder.with("preface.txt", "zero");
  EXPECT_EQ(refusal(), "nothing was thrown");
  EXPECT_THAT(refusal(YearRange::until(1999)), HasSubstr("preface.txt: years are asked for"));
}

TEST_F(CorpusFolder, AnEmptyFileIsNamed) {
  folder.with("1801-Jefferson-1.txt", "");
  EXPECT_THAT(refusal(), HasSubstr("1801-Jefferson-1.txt: the file must hold text; 0 bytes came"));
  EXPECT_EQ(refusal(YearRange::from(1900)), "nothing was thrown");
}

TEST_F(CorpusFolder, TextThatIsNotUtf8IsNamedWithItsByte) {
  folder.with("1801-Jefferson-1.txt", "caf\xE9 au lait");
  EXPECT_THAT(refusal(), HasSubstr("1801-Jefferson-1.txt: text must be UTF-8; byte 3 of 12 (0xE9)"));
}

TEST(Corpus, OneFileIsACorpus) {
  const TemporaryFolder folder;
  const Corpus corpus = load_corpus(folder.with("tale.text", "once"));
  EXPECT_EQ(corpus.bytes, "once");
  EXPECT_EQ(corpus.documents.size(), 1U);
}

TEST(Corpus, MissingOrEmptyPathsAreNamed) {
  const TemporaryFolder folder;
  EXPECT_THAT(message_of<FileError>([&] { load_corpus(folder / "gone", YearRange::until(1999)); }),
              HasSubstr("gone: cannot open: No such file"));
  EXPECT_THAT(message_of<DataError>([&] { load_corpus(folder.path()); }), HasSubstr("0 files came, 0 bytes"));
}

}  // namespace
}  // namespace steepest
