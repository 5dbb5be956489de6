#include "lm/config_toml.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <stdexcept>
#include <string>

#include "lm/config_keys.hpp"
#include "steepest/base/check.hpp"
#include "steepest/io/read_file.hpp"

namespace steepest::lm {
namespace {

[[noreturn]] void refuse(std::string_view source, const toml::source_position& at, std::string_view what) {
  throw std::invalid_argument(fmt::format("[config] {} line {}, column {}: {}", source, at.line, at.column, what));
}

std::string as_text(const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) return *text;
  if (const auto number = node.value_exact<std::int64_t>()) return fmt::format("{}", *number);
  if (const auto number = node.value_exact<double>()) return fmt::format("{}", *number);
  if (const auto truth = node.value_exact<bool>()) return *truth ? "true" : "false";
  throw std::invalid_argument("the value must be a number, a text, true or false");
}

struct Reader {
  std::string_view source;
  Config& config;

  void read(const std::string& prefix, const toml::table& table) {
    if (const auto* rule = table.get("rule")) set(prefix + "rule", *rule);
    for (const auto& [key, node] : table) {
      const auto name = prefix + std::string(key.str());
      if (const auto* inner = node.as_table()) {
        read(name + ".", *inner);
      } else if (key.str() != "rule") {
        set(name, node);
      }
    }
  }

  void set(const std::string& name, const toml::node& node) {
    try {
      set_key(config, name, as_text(node));
    } catch (const std::invalid_argument& error) {
      refuse(source, node.source().begin, fmt::format("{}: {}", name, error.what()));
    }
  }
};

}  // namespace

void read_toml(std::string_view text, std::string_view source, Config& config) {
  try {
    const toml::table table = toml::parse(text);
    Reader{source, config}.read("", table);
  } catch (const toml::parse_error& error) {
    refuse(source, error.source().begin, error.description());
  }
}

void read_toml_file(const std::filesystem::path& path, Config& config) {
  read_toml(read_file(path), path.string(), config);
}

}  // namespace steepest::lm
