// X -> file -> X is the identity bit for bit, in either order; and files written here are those that NumPy writes: the bytes
// of one are spelled out. Everything else is refused with what came.

#include "steepest/io/npy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "steepest/io/io_error.hpp"
#include "steepest/io/npy_header.hpp"
#include "steepest/io/testing/temporary_folder.hpp"

namespace steepest {
namespace {

using testing::bytes_of;
using ::testing::HasSubstr;
using testing::message_of;
using testing::TemporaryFolder;

// 3 x 2 with the awkward numbers: what survives these survives as bits.
constexpr std::array<double, 6> kEntries{0.1, -0.0, 5e-324, 1.7976931348623157e308, -1.5, 1.0 / 3};

template <class T>
std::string bytes_of_entries(const std::vector<T>& values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

/// The bytes of a version 1 file with this dictionary, header of 128 bytes in all.
std::string file_with(std::string dictionary, const std::string& data) {
  dictionary.resize(117, ' ');
  using namespace std::string_literals;
  return "\x93NUMPY\x01\x00\x76\x00"s + dictionary + "\n" + data;
}

/// What read_npy says about a file of these bytes.
std::string refusal_of(const std::string& bytes) {
  const TemporaryFolder folder;
  const auto path = folder.with("A.npy", bytes);
  return message_of<DataError>([&] { read_npy(path); });
}

std::string refusal_of_dictionary(const std::string& dictionary) {
  return refusal_of(file_with(dictionary, std::string(48, '\0')));
}

TEST(Npy, WritesTheBytesThatNumPyWrites) {
  // numpy.save of numpy.array([[1, 2, 3], [4, 5, 6]], dtype="<f8") and of its transpose.
  const std::vector<double> entries{1, 2, 3, 4, 5, 6};
  const TemporaryFolder folder;
  write_npy(folder / "A.npy", row_major(entries.data(), 2, 3));
  EXPECT_EQ(bytes_of(folder / "A.npy"),
            file_with("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }", bytes_of_entries(entries)));
  write_npy(folder / "B.npy", column_major(entries.data(), 3, 2));
  EXPECT_EQ(bytes_of(folder / "B.npy"),
            file_with("{'descr': '<f8', 'fortran_order': True, 'shape': (3, 2), }", bytes_of_entries(entries)));
}

TEST(Npy, RoundTripIsTheIdentityInBothOrders) {
  const TemporaryFolder folder;
  for (const auto& X : {row_major(kEntries.data(), 3, 2), column_major(kEntries.data(), 3, 2)}) {
    write_npy(folder / "A.npy", X);
    const NpyMatrix Y = read_npy(folder / "A.npy");
    ASSERT_EQ(Y.rows, 3);
    ASSERT_EQ(Y.cols, 2);
    EXPECT_EQ(Y.order == StorageOrder::column_major, X.column_major());
    EXPECT_EQ(std::memcmp(std::get<std::vector<double>>(Y.values).data(), kEntries.data(), sizeof(kEntries)), 0);
    for (Index i = 0; i < 3; ++i) {
      for (Index j = 0; j < 2; ++j) EXPECT_EQ(Y.view<double>()(i, j), X(i, j));
    }
  }
}

TEST(Npy, WritesBlocksAndSinglePrecision) {
  std::vector<float> storage(20);
  for (std::size_t k = 0; k < storage.size(); ++k) storage[k] = static_cast<float>(k) / 3;
  const MatrixView<const float> whole = row_major<const float>(storage.data(), 4, 5);
  const TemporaryFolder folder;
  for (const auto& X : {whole.block(1, 2, 3, 2), whole.block(1, 2, 3, 2).transposed(), whole.block(0, 0, 1, 5),
                        whole.block(0, 1, 4, 1), whole.block(0, 0, 0, 3)}) {
    write_npy(folder / "A.npy", X);
    const NpyMatrix Y = read_npy(folder / "A.npy");
    ASSERT_EQ(Y.rows, X.rows);
    ASSERT_EQ(Y.cols, X.cols);
    for (Index i = 0; i < X.rows; ++i) {
      for (Index j = 0; j < X.cols; ++j) EXPECT_EQ(Y.view<float>()(i, j), X(i, j));
    }
  }
}

TEST(Npy, NonFiniteEntriesAreReadAsTheyAre) {
  const std::vector<double> entries{std::numeric_limits<double>::infinity(), std::nan("")};
  const TemporaryFolder folder;
  write_npy(folder / "A.npy", row_major(entries.data(), 1, 2));
  const NpyMatrix Y = read_npy(folder / "A.npy");
  EXPECT_EQ(Y.view<double>()(0, 0), entries[0]);
  EXPECT_TRUE(std::isnan(Y.view<double>()(0, 1)));
}

TEST(Npy, ReadsVersion2AndOtherSpellings) {
  using namespace std::string_literals;
  std::string dictionary = "{ \"shape\":(1,2) ,\n 'fortran_order':False,'descr':\"<f4\"}";
  dictionary.resize(64, ' ');
  const std::vector<float> entries{1.5F, -2};
  const TemporaryFolder folder;
  const auto path = folder.with("A.npy", "\x93NUMPY\x02\x00\x40\x00\x00\x00"s + dictionary + bytes_of_entries(entries));
  const NpyMatrix Y = read_npy(path);
  EXPECT_EQ(Y.view<float>()(0, 0), 1.5F);
  EXPECT_EQ(Y.view<float>()(0, 1), -2.0F);
}

TEST(Npy, RefusesOtherDtypesAndShapes) {
  const auto with_descr = [](const std::string& descr) {
    return refusal_of_dictionary("{'descr': " + descr + ", 'fortran_order': False, 'shape': (2, 3), }");
  };
  EXPECT_EQ(with_descr("'<f8'"), "nothing was thrown");
  EXPECT_THAT(with_descr("'<i8'"),
              HasSubstr("A.npy: dtype must be '<f4' or '<f8' (float32 or float64, little-endian); '<i8' came"));
  EXPECT_THAT(with_descr("'<c16'"), HasSubstr("'<c16' came"));
  EXPECT_THAT(with_descr("'>f8'"), HasSubstr("'>f8' came"));
  EXPECT_THAT(with_descr("'|O'"), HasSubstr("'|O' came"));
  EXPECT_THAT(with_descr("[('x', '<f8')]"), HasSubstr("not a structured one"));
  const auto with_shape = [](const std::string& shape) {
    return refusal_of_dictionary("{'descr': '<f8', 'fortran_order': False, 'shape': " + shape + ", }");
  };
  EXPECT_THAT(with_shape("(6,)"), HasSubstr("a matrix has two axes; the shape (6) came"));
  EXPECT_THAT(with_shape("()"), HasSubstr("the shape () came"));
  EXPECT_THAT(with_shape("(1, 2, 3)"), HasSubstr("the shape (1, 2, 3) came"));
  EXPECT_THAT(with_shape("(-2, -3)"), HasSubstr("at least 0"));
  EXPECT_THAT(with_shape("(4294967296, 4294967296)"), HasSubstr("leaves 64 bits"));
  EXPECT_THAT(with_shape("(99999999999999999999, 1)"), HasSubstr("below 2^63"));
  EXPECT_THAT(with_shape("(2, 4)"), HasSubstr("2 x 4 entries need 64 bytes; the file has 48 (truncated?)"));
  EXPECT_THAT(with_shape("(2, 2)"), HasSubstr("2 x 2 entries need 32 bytes; the file has 48"));
}

TEST(Npy, RefusesDamagedHeaders) {
  using namespace std::string_literals;
  EXPECT_THAT(refusal_of(""), HasSubstr("the file is empty"));
  EXPECT_THAT(refusal_of("PK\x03\x04 an .npz archive"), HasSubstr("another kind of file"));
  EXPECT_THAT(refusal_of("\x93NUMPY\x03\x00\x04\x00\x00\x00{  }"s), HasSubstr("version 1 or 2 is read; 3 came"));
  EXPECT_THAT(refusal_of_dictionary("{'descr': '<f8', 'shape': (2, 3), }"), HasSubstr("the keys descr"));
  EXPECT_THAT(refusal_of_dictionary("{'descr': '<f8', 'descr': '<f8', 'shape': (2, 3), }"), HasSubstr("once"));
  EXPECT_THAT(refusal_of_dictionary("{'colour': 1}"), HasSubstr("not 'colour'"));
  EXPECT_THAT(refusal_of_dictionary("{'descr': '<f8', 'fortran_order': 1, }"), HasSubstr("True or False"));
  EXPECT_THAT(refusal_of_dictionary("{'descr': '<f8"), HasSubstr("a string that ends"));
  EXPECT_THAT(refusal_of_dictionary("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), } + evil()"),
              HasSubstr("nothing after the dictionary"));
}

TEST(Npy, RefusesEveryTruncation) {
  const std::string whole =
      file_with("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }", std::string(48, '\0'));
  ASSERT_EQ(refusal_of(whole), "nothing was thrown");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(refusal_of(whole.substr(0, size)), "nothing was thrown") << size;
  }
}

TEST(Npy, MissingFileIsNamed) {
  EXPECT_THAT(message_of<FileError>([] { read_npy("/no/such/A.npy"); }),
              HasSubstr("/no/such/A.npy: cannot open: No such file"));
}

}  // namespace
}  // namespace steepest
