// Records -> file -> records is the identity bit for bit; the bytes of one file are spelled out from the format's definition;
// and each rule of the format is broken once by a file that must be refused for that rule.

#include "steepest/io/safetensors.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <limits>
#include <numeric>
#include <string>

#include "steepest/io/io_error.hpp"
#include "steepest/io/safetensors_header.hpp"
#include "steepest/io/testing/temporary_folder.hpp"

namespace steepest {
namespace {

using testing::bytes_of;
using ::testing::HasSubstr;
using testing::message_of;
using testing::TemporaryFolder;

std::span<const std::byte> raw(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string file_with(const std::string& json, std::size_t data_bytes) {
  const std::uint64_t length = json.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + json + std::string(data_bytes, 'd');
}

/// What the reader says about a file of these bytes.
std::string refusal_of_file(const std::string& bytes) {
  const TemporaryFolder folder;
  const auto path = folder.with("x.safetensors", bytes);
  return message_of<DataError>([&] { SafetensorsFile{path}; });
}

/// What the reader says about a header before so many bytes of data.
std::string refusal(const std::string& json, std::size_t data_bytes) {
  return refusal_of_file(file_with(json, data_bytes));
}

std::string tensor(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return R"({"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

constexpr const char* kAccepted = "nothing was thrown";

TEST(Safetensors, WritesTheBytesOfTheFormat) {
  const TemporaryFolder folder;
  const std::vector<TensorRecord> tensors{
      {.name = "b", .dtype = Dtype::u8, .shape = {3}, .bytes = raw("xyz")},
      {.name = "a", .dtype = Dtype::f32, .shape = {1, 2}, .bytes = raw("01234567")}};
  write_safetensors(folder / "x", tensors, {{"step", "7"}});
  const std::string json = R"({"__metadata__":{"step":"7"},"a":{"data_offsets":[0,8],"dtype":"F32","shape":[1,2]},)"
                           R"("b":{"data_offsets":[8,11],"dtype":"U8","shape":[3]}})";
  const std::size_t padded = (json.size() + 7) / 8 * 8;
  std::string expected{static_cast<char>(padded), 0, 0, 0, 0, 0, 0, 0};
  expected += json + std::string(padded - json.size(), ' ') + "01234567" + "xyz";
  EXPECT_EQ(bytes_of(folder / "x"), expected);
}

TEST(Safetensors, RoundTripIsTheIdentityForEveryDtype) {
  const TemporaryFolder folder;
  std::string bytes(64, '\0');
  std::iota(bytes.begin(), bytes.end(), '0');
  std::vector<TensorRecord> tensors;
  for (int i = 0; i < 15; ++i) {
    const auto dtype = static_cast<Dtype>(i);
    const std::string_view part = std::string_view(bytes).substr(static_cast<std::size_t>(i), 6 * size_of(dtype));
    tensors.push_back({.name = fmt::format("t{}", i), .dtype = dtype, .shape = {2, 3}, .bytes = raw(part)});
  }
  tensors.push_back({.name = "scalar \"\u20ac\"\n", .dtype = Dtype::f64, .shape = {}, .bytes = raw("01234567")});
  tensors.push_back({.name = "none", .dtype = Dtype::i64, .shape = {0, 5}});
  tensors.push_back({.name = "none either", .dtype = Dtype::i64, .shape = {3, 0}});
  const Metadata metadata{{"format", "pt"}, {"config", "{\"a\": 1}"}};
  write_safetensors(folder / "x", tensors, metadata);

  const SafetensorsFile file(folder / "x");
  EXPECT_EQ(file.metadata(), metadata);
  ASSERT_EQ(file.tensors().size(), tensors.size());
  for (const TensorRecord& sent : tensors) {
    ASSERT_TRUE(file.contains(sent.name));
    const TensorRecord& came = file.tensor(sent.name);
    EXPECT_EQ(came.dtype, sent.dtype);
    EXPECT_EQ(came.shape, sent.shape);
    EXPECT_EQ(text_of(came.bytes), text_of(sent.bytes)) << sent.name;
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(came.bytes.data()) % size_of(sent.dtype), 0U) << sent.name;
  }
}

TEST(Safetensors, AnEmptyFileOfTensorsIsValid) {
  const TemporaryFolder folder;
  write_safetensors(folder / "x", {});
  EXPECT_TRUE(SafetensorsFile(folder / "x").tensors().empty());
}

TEST(Safetensors, AMissingTensorIsNamed) {
  const TemporaryFolder folder;
  write_safetensors(folder / "x", {});
  const SafetensorsFile file(folder / "x");
  EXPECT_FALSE(file.contains("head"));
  EXPECT_THAT(message_of<DataError>([&] { file.tensor("head"); }), HasSubstr("tensor 'head' is needed"));
}

TEST(Safetensors, AMovedFileKeepsItsBytes) {
  const TemporaryFolder folder;
  const std::vector<TensorRecord> tensors{{.name = "a", .dtype = Dtype::u8, .shape = {3}, .bytes = raw("xyz")}};
  write_safetensors(folder / "x", tensors);
  SafetensorsFile first(folder / "x");
  const SafetensorsFile second(std::move(first));
  EXPECT_EQ(text_of(second.tensor("a").bytes), "xyz");
}

TEST(Safetensors, TheWriterRefusesWhatNoReaderWouldTake) {
  const TemporaryFolder folder;
  const auto refused = [&](std::vector<TensorRecord> tensors, const Metadata& metadata = {}) {
    return message_of<std::invalid_argument>([&] { write_safetensors(folder / "x", tensors, metadata); });
  };
  const TensorRecord good{.name = "a", .dtype = Dtype::u8, .shape = {3}, .bytes = raw("xyz")};
  EXPECT_EQ(refused({good}), kAccepted);
  EXPECT_THAT(refused({good, good}), HasSubstr("'a' came twice"));
  EXPECT_THAT(refused({{.name = "__metadata__", .dtype = Dtype::u8, .shape = {0}}}), HasSubstr("__metadata__"));
  EXPECT_THAT(refused({{.name = "\xFF", .dtype = Dtype::u8, .shape = {0}}}), HasSubstr("UTF-8"));
  EXPECT_THAT(refused({good}, {{"k", "\xC3"}}), HasSubstr("UTF-8"));
  EXPECT_THAT(refused({{.name = "a", .dtype = Dtype::f32, .shape = {3}, .bytes = raw("xyz")}}), HasSubstr("3 came"));
  EXPECT_THAT(refused({{.name = "a", .dtype = Dtype::u8, .shape = {-1}}}), HasSubstr("must match"));
  EXPECT_EQ(text_of(SafetensorsFile(folder / "x").tensor("a").bytes), "xyz") << "the file of before is intact";
}

TEST(SafetensorsReader, RefusesFilesThatAreCutShortOrForeign) {
  const std::string whole = file_with("{\"a\":" + tensor("U8", "[4]", "[0,4]") + "}", 4);
  ASSERT_EQ(refusal_of_file(whole), kAccepted);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(refusal_of_file(whole.substr(0, size)), kAccepted) << size;
  }
  EXPECT_THAT(refusal_of_file(whole.substr(0, whole.size() - 1)),
              HasSubstr("x.safetensors: the header says 4 bytes of data; the file has 3 (truncated?)"));
  EXPECT_THAT(refusal_of_file(whole + "d"), HasSubstr("4 bytes of data; the file has 5"));
  EXPECT_THAT(refusal_of_file("PK\x03\x04 a zip archive of torch.save"), HasSubstr("not a safetensors file?"));
  EXPECT_THAT(refusal(" {}", 0), HasSubstr("must begin with '{'"));
  EXPECT_THAT(refusal("{} {}", 0), HasSubstr("JSON"));
  EXPECT_THAT(refusal("{\"a\xFF\":1}", 0), HasSubstr("JSON in UTF-8"));
}

TEST(SafetensorsReader, RefusesEachBrokenRule) {
  const auto one = [](const std::string& value, std::size_t bytes) { return refusal("{\"a\":" + value + "}", bytes); };
  EXPECT_EQ(one(tensor("F32", "[2]", "[0,8]"), 8), kAccepted);
  EXPECT_THAT(one(tensor("F31", "[2]", "[0,8]"), 8), HasSubstr("'F31' came"));
  EXPECT_THAT(one(tensor("F32", "[2.5]", "[0,8]"), 8), HasSubstr("number '2.5' came"));
  EXPECT_THAT(one(tensor("F32", "[[2]]", "[0,8]"), 8), HasSubstr("an array came"));
  EXPECT_THAT(one(tensor("F32", "2", "[0,8]"), 8), HasSubstr("the number 2 came"));
  EXPECT_THAT(one(tensor("F32", "[2]", "[0,8,8]"), 8), HasSubstr("two numbers; 3 came"));
  EXPECT_THAT(one(tensor("F32", "[2]", "[]"), 8), HasSubstr("two numbers; 0 came"));
  EXPECT_THAT(one(tensor("F32", "[null]", "[0,8]"), 8), HasSubstr("null came"));
  EXPECT_THAT(one(R"({"dtype":"F32","shape":[2]})", 8), HasSubstr("2 of them came"));
  EXPECT_THAT(one(R"({"dtype":"F32","shape":[2],"strides":[1]})", 8), HasSubstr("members dtype"));
  EXPECT_THAT(one("17", 0), HasSubstr("the number 17 came"));
  EXPECT_THAT(refusal(R"({"__metadata__":{"step":7}})", 0), HasSubstr("__metadata__, 'step': the number 7 came"));
  EXPECT_THAT(refusal(R"({"__metadata__":{"a":"1","a":"2"}})", 0), HasSubstr("'a' comes twice"));
  EXPECT_THAT(refusal(R"({"__metadata__":{},"__metadata__":{}})", 0), HasSubstr("'__metadata__' comes twice"));
  EXPECT_THAT(one(R"({"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]})", 1),
              HasSubstr("'dtype' comes twice"));
  const std::string t = tensor("U8", "[1]", "[0,1]");
  EXPECT_THAT(refusal("{\"a\":" + t + ",\"a\":" + t + "}", 1), HasSubstr("'a' comes twice"));
}

TEST(SafetensorsReader, RefusesHolesAndOverlaps) {
  const auto two = [](const std::string& first, const std::string& second, std::size_t bytes) {
    return refusal("{\"a\":" + tensor("U8", "[4]", first) + ",\"b\":" + tensor("U8", "[4]", second) + "}", bytes);
  };
  EXPECT_EQ(two("[0,4]", "[4,8]", 8), kAccepted);
  EXPECT_EQ(two("[4,8]", "[0,4]", 8), kAccepted) << "the order of the names is free";
  EXPECT_THAT(two("[0,4]", "[5,9]", 9), HasSubstr("'b' begins at byte 5 of the data; 4 is next"));
  EXPECT_THAT(two("[0,4]", "[3,7]", 7), HasSubstr("'b' begins at byte 3 of the data; 4 is next"));
  EXPECT_THAT(two("[0,4]", "[0,4]", 4), HasSubstr("'b' begins at byte 0 of the data; 4 is next"));
  EXPECT_THAT(two("[1,5]", "[5,9]", 9), HasSubstr("'a' begins at byte 1 of the data; 0 is next"));
}

// Six faults that were found in readers of this format written in C++.

TEST(SafetensorsKnownFaults, AProductOfTheShapeThatWrapsAround) {
  // 2^32 * 2^32 = 0 and 2^61 * 8 = 0 modulo 2^64: a reader that multiplies unchecked finds 0 bytes.
  EXPECT_THAT(refusal("{\"a\":" + tensor("U8", "[4294967296,4294967296]", "[0,0]") + "}", 0),
              HasSubstr("leaves 64 bits"));
  EXPECT_THAT(refusal("{\"a\":" + tensor("F64", "[2305843009213693952]", "[0,0]") + "}", 0),
              HasSubstr("leaves 64 bits"));
  EXPECT_THAT(refusal("{\"a\":" + tensor("U8", "[9223372036854775808]", "[0,0]") + "}", 0), HasSubstr("below 2^63"));
  EXPECT_THAT(refusal("{\"a\":" + tensor("U8", "[18446744073709551616]", "[0,0]") + "}", 0), HasSubstr("came"));
}

TEST(SafetensorsKnownFaults, ARangeThatDoesNotMatchTheShape) {
  EXPECT_THAT(refusal("{\"a\":" + tensor("F32", "[1000]", "[0,8]") + "}", 8),
              HasSubstr("needs 4000 bytes; its range is 0 to 8"));
  EXPECT_THAT(refusal("{\"a\":" + tensor("F32", "[1]", "[0,8]") + "}", 8),
              HasSubstr("needs 4 bytes; its range is 0 to 8"));
}

TEST(SafetensorsKnownFaults, NegativeOffsets) {
  EXPECT_THAT(refusal("{\"a\":" + tensor("U8", "[4]", "[-4,0]") + "}", 4), HasSubstr("the number -4 came"));
  EXPECT_THAT(refusal("{\"a\":" + tensor("U8", "[-4]", "[0,4]") + "}", 4), HasSubstr("the number -4 came"));
}

TEST(SafetensorsKnownFaults, ReversedOffsets) {
  // end - begin = 4 modulo 2^64 in the second.
  EXPECT_THAT(refusal("{\"a\":" + tensor("U8", "[4]", "[4,0]") + "}", 4), HasSubstr("next to be covered"));
  EXPECT_NE(refusal("{\"z\":" + tensor("U8", "[8]", "[0,8]") +
                        ",\"a\":" + tensor("U8", "[18446744073709551612]", "[8,4]") + "}",
                    8),
            kAccepted);
  EXPECT_THAT(refusal("{\"z\":" + tensor("U8", "[4]", "[0,4]") + ",\"a\":" + tensor("U8", "[2]", "[4,2]") + "}", 4),
              HasSubstr("needs 2 bytes; its range is 4 to 2"));
}

TEST(SafetensorsKnownFaults, TensorsWithoutElementsMayShareAPlace) {
  const std::string nothing = tensor("F32", "[0,3]", "[4,4]");
  const std::string first = tensor("U8", "[4]", "[0,4]");
  const std::string last = tensor("U8", "[4]", "[4,8]");
  EXPECT_EQ(refusal("{\"l\":" + last + ",\"m\":" + nothing + ",\"n\":" + nothing + ",\"f\":" + first + "}", 8),
            kAccepted);
  EXPECT_THAT(refusal("{\"f\":" + first + ",\"m\":" + tensor("F32", "[0]", "[2,2]") + "}", 4),
              HasSubstr("begins at byte 2"));
  EXPECT_THAT(refusal("{\"f\":" + first + ",\"m\":" + tensor("F32", "[0]", "[9,9]") + "}", 4),
              HasSubstr("begins at byte 9"));
}

/// Processor seconds that a valid header of so many tensors costs; the least of three, since others use the machine too.
double seconds_to_parse(int tensors) {
  std::string json = "{";
  for (int i = 0; i < tensors; ++i) {
    json += fmt::format("{}\"t{}\":{}", i > 0 ? "," : "", i, tensor("U8", "[0]", "[0,0]"));
  }
  json += '}';
  double least = std::numeric_limits<double>::infinity();
  for (int trial = 0; trial < 3; ++trial) {
    const std::clock_t start = std::clock();
    EXPECT_EQ(parse_safetensors_header(json, 0, "x").tensors.size(), static_cast<std::size_t>(tensors));
    least = std::min(least, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
  }
  return least;
}

TEST(SafetensorsKnownFaults, AHeaderMadeToExhaustTheReader) {
  // n log n work grows by 16 * 1.4 here, the comparison of all pairs by 256.
  EXPECT_LT(seconds_to_parse(96'000), 64 * seconds_to_parse(6'000));
  EXPECT_NE(refusal("{\"a\":" + std::string(1'000'000, '['), 0), kAccepted);
  EXPECT_THAT(refusal_of_file(std::string("\x01\xE1\xF5\x05\0\0\0\0", 8)),
              HasSubstr("at most 100000000 bytes; 100000001 came"));
  EXPECT_THAT(refusal_of_file(std::string("\x00\xE1\xF5\x05\0\0\0\0", 8)),
              HasSubstr("100000000 bytes; the file has 0"));
  EXPECT_THAT(refusal_of_file(std::string(8, '\xFF')), HasSubstr("at most 100000000 bytes"));
}

}  // namespace
}  // namespace steepest
