#pragma once
// Rules as other packages say them: their names, meanings and defaults, turned into settings of ours. It is how anyone
// checks a rule of this library against the code that he knows.

#include <string>
#include <string_view>
#include <vector>

#include "steepest/optim/settings.hpp"

namespace steepest {

/// How a package stores a matrix: the rows are outputs, or the columns are.
enum class Layout { out_in, in_out };

struct PeerRule {
  Rule rule;
  Layout layout = Layout::out_in;
};

/// The rule `name` of the package with these of its settings; what is not given has the package's default. Values are
/// words and numbers as Python writes them: True, None, (0.9, 0.99), {'normalized': True}. `role` decides where the
/// package chooses by shape. Throws std::invalid_argument naming the closest package, rule or setting, and for values
/// that this library does not have.
PeerRule peer_rule(std::string_view peer, std::string_view name, const Settings& theirs, Role role = Role::hidden);

/// The packages and their rules, "torch adamw", ...
std::vector<std::string> peer_rule_names();

/// Python's text of a value as settings take it: brackets and quotes gone, rows of lists separated by semicolons.
/// A list of one row ends with one. Brackets of a text that does not begin with one stay: schatten(4).
std::string plain_value(std::string_view text);

}  // namespace steepest
