#include "steepest/optim/peer_values.hpp"

#include <charconv>

#include "steepest/base/check.hpp"

namespace steepest::peer_detail {

double number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  check(error == std::errc{} && end == text.data() + text.size(), "[optim] a number was asked for; '{}' came", text);
  return value;
}

bool truth(const std::string& text) {
  check(text == "true" || text == "false" || text == "1" || text == "0",
        "[optim] True or False was asked for; '{}' came", text);
  return text == "true" || text == "1";
}

void refuse_unless(bool holds, std::string_view key, const std::string& value) {
  check(holds, "[optim] {} = {} is not offered here", key, value);
}

std::string taken(Settings& ours, const std::string& key, std::string otherwise) {
  const auto found = ours.find(key);
  if (found == ours.end()) return otherwise;
  otherwise = found->second;
  ours.erase(found);
  return otherwise;
}

}  // namespace steepest::peer_detail
