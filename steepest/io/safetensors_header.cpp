#include "steepest/io/safetensors_header.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "steepest/io/io_error.hpp"

namespace steepest {
namespace {

/// A name for a message: short, whatever came.
std::string shown(std::string_view name) {
  constexpr std::size_t kShown = 80;
  return name.size() <= kShown ? fmt::format("'{}'", name) : fmt::format("'{}'...", name.substr(0, kShown));
}

/// Follows the parser through the header and builds no tree, so that neither depth nor repeated keys nor a number of
/// another kind gets past it: the first event out of place throws.
class HeaderEvents : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit HeaderEvents(std::string_view file) : file_(file) {}

  SafetensorsHeader take() { return std::move(header_); }

  bool null() override { return unexpected("null"); }
  bool boolean(bool) override { return unexpected("a boolean"); }
  bool number_integer(number_integer_t value) override { return unexpected(fmt::format("the number {}", value)); }
  bool number_float(number_float_t, const string_t& text) override {
    return unexpected(fmt::format("the number {}", shown(text)));
  }
  bool binary(binary_t&) override { return unexpected("binary data"); }
  bool number_unsigned(number_unsigned_t value) override;
  bool string(string_t& value) override;
  bool start_object(std::size_t) override;
  bool key(string_t& value) override;
  bool end_object() override;
  bool start_array(std::size_t) override;
  bool end_array() override;
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override;

 private:
  enum class Place { outside, root, metadata, tensor, shape, offsets };

  /// Where the parser stands, in words.
  std::string place() const;
  bool unexpected(std::string_view what) const;
  void refuse(std::string_view rule) const;
  void finish_tensor();

  std::string_view file_;
  Place place_ = Place::outside;
  std::string key_;  // the member whose value comes next
  std::set<std::string, std::less<>> names_;
  std::set<std::string, std::less<>> members_;
  TensorEntry tensor_;
  std::vector<std::uint64_t> offsets_;
  SafetensorsHeader header_;
};

std::string HeaderEvents::place() const {
  switch (place_) {
    case Place::outside:
      return "the header";
    case Place::root:
      return key_.empty() ? "the header" : fmt::format("the value of {}", shown(key_));
    case Place::metadata:
      return fmt::format("__metadata__, {}", shown(key_));
    default:
      return fmt::format("tensor {}{}{}", shown(tensor_.name), key_.empty() ? "" : ", ", key_);
  }
}

void HeaderEvents::refuse(std::string_view rule) const {
  throw DataError(fmt::format("[safetensors] {}: {}: {}", file_, place(), rule));
}

bool HeaderEvents::unexpected(std::string_view what) const {
  refuse(fmt::format("{} came where the format has none", what));
  return false;
}

bool HeaderEvents::number_unsigned(number_unsigned_t value) {
  if (place_ == Place::offsets) {
    offsets_.push_back(value);
  } else if (place_ == Place::shape) {
    if (value > static_cast<std::uint64_t>(std::numeric_limits<Index>::max())) {
      refuse(fmt::format("a dimension must be below 2^63; {} came", value));
    }
    tensor_.shape.push_back(static_cast<Index>(value));
  } else {
    return unexpected(fmt::format("the number {}", value));
  }
  return true;
}

bool HeaderEvents::string(string_t& value) {
  if (place_ == Place::metadata) {
    header_.metadata.emplace(key_, std::move(value));
  } else if (place_ == Place::tensor && key_ == "dtype") {
    const std::optional<Dtype> dtype = dtype_named(value);
    if (!dtype) refuse(fmt::format("a dtype that is not known here; {} came", shown(value)));
    tensor_.dtype = *dtype;
  } else {
    return unexpected(fmt::format("the string {}", shown(value)));
  }
  return true;
}

bool HeaderEvents::start_object(std::size_t) {
  if (place_ == Place::outside) {
    place_ = Place::root;
  } else if (place_ == Place::root && key_ == "__metadata__") {
    place_ = Place::metadata;
    key_.clear();
  } else if (place_ == Place::root) {
    place_ = Place::tensor;
    tensor_ = TensorEntry();
    tensor_.name = std::exchange(key_, {});
    offsets_.clear();
  } else {
    return unexpected("an object");
  }
  members_.clear();
  return true;
}

bool HeaderEvents::key(string_t& value) {
  key_ = std::move(value);
  const bool is_new = (place_ == Place::root ? names_ : members_).insert(key_).second;
  if (!is_new) refuse(fmt::format("the key {} comes twice", shown(key_)));
  if (place_ == Place::tensor && key_ != "dtype" && key_ != "shape" && key_ != "data_offsets") {
    refuse("a tensor has the members dtype, shape and data_offsets only");
  }
  return true;
}

bool HeaderEvents::end_object() {
  key_.clear();
  if (place_ == Place::tensor) finish_tensor();
  place_ = place_ == Place::root ? Place::outside : Place::root;
  return true;
}

void HeaderEvents::finish_tensor() {
  if (members_.size() != 3)
    refuse(fmt::format("dtype, shape and data_offsets are needed; {} of them came", members_.size()));
  std::tie(tensor_.begin, tensor_.end) = std::pair(offsets_[0], offsets_[1]);
  header_.tensors.push_back(std::move(tensor_));
}

bool HeaderEvents::start_array(std::size_t) {
  if (place_ != Place::tensor || key_ == "dtype") return unexpected("an array");
  place_ = key_ == "shape" ? Place::shape : Place::offsets;
  return true;
}

bool HeaderEvents::end_array() {
  if (place_ == Place::offsets && offsets_.size() != 2) {
    refuse(fmt::format("data_offsets are two numbers; {} came", offsets_.size()));
  }
  place_ = Place::tensor;
  return true;
}

bool HeaderEvents::parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) {
  throw DataError(
      fmt::format("[safetensors] {}: the header must be JSON in UTF-8; it is not at its byte {}", file_, position));
}

void check_coverage(const std::vector<TensorEntry>& tensors, std::uint64_t data_bytes, std::string_view file) {
  std::uint64_t covered = 0;
  for (const TensorEntry& tensor : tensors) {
    check_data(tensor.begin == covered,
               "[safetensors] {}: tensor {} begins at byte {} of the data; {} is next to be covered", file,
               shown(tensor.name), tensor.begin, covered);
    const std::optional<std::uint64_t> needed = bytes_needed(tensor.shape, tensor.dtype);
    check_data(needed.has_value(), "[safetensors] {}: the size of tensor {} leaves 64 bits", file, shown(tensor.name));
    check_data(tensor.begin <= tensor.end && tensor.end - tensor.begin == *needed,
               "[safetensors] {}: tensor {} needs {} bytes; its range is {} to {}", file, shown(tensor.name), *needed,
               tensor.begin, tensor.end);
    covered = tensor.end;
  }
  check_data(covered == data_bytes, "[safetensors] {}: the header says {} bytes of data; the file has {}{}", file,
             covered, data_bytes, data_bytes < covered ? " (truncated?)" : "");
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view json, std::uint64_t data_bytes, std::string_view file) {
  check_data(json.starts_with('{'), "[safetensors] {}: the header must begin with '{{' (not a safetensors file?)",
             file);
  HeaderEvents events(file);
  nlohmann::json::sax_parse(json, &events);
  SafetensorsHeader header = events.take();
  std::ranges::sort(header.tensors, {}, [](const TensorEntry& t) { return std::tie(t.begin, t.end, t.name); });
  check_coverage(header.tensors, data_bytes, file);
  return header;
}

std::optional<std::uint64_t> bytes_needed(std::span<const Index> shape, Dtype dtype) {
  std::uint64_t bytes = size_of(dtype);
  for (const Index extent : shape) {
    if (extent < 0 || __builtin_mul_overflow(bytes, static_cast<std::uint64_t>(extent), &bytes)) return std::nullopt;
  }
  return bytes;
}

}  // namespace steepest
