#pragma once
// The rows of peers.hpp: what each package calls a rule of ours, and how it says its settings.

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "steepest/optim/peers.hpp"

namespace steepest {

using SettingPair = std::pair<std::string_view, std::string_view>;

/// A setting that is more than another name for one of ours.
struct PeerSpecial {
  std::string_view key;
  void (*translate)(const std::string& value, Settings& ours);
};

struct PeerRow {
  std::string_view peer, rule;                              // in lower case
  std::string_view ours;                                    // the row of the table
  std::vector<std::pair<std::string, std::string>> preset;  // what differs from it by default, in our words
  std::vector<SettingPair> renamed;                         // theirs, ours
  std::vector<PeerSpecial> specials = {};
  void (*finish)(Settings& ours) = nullptr;  // what follows from several settings
  Layout layout = Layout::out_in;
};

std::span<const PeerRow> peer_table();

}  // namespace steepest
