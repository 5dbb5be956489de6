#pragma once
// How the packages of Scion say its settings: a norm by name with keyword arguments, a momentum that is the share of the
// new gradient, and decay by two switches.

#include <vector>

#include "steepest/optim/peer_table.hpp"

namespace steepest::peer_detail {

/// The settings that are another name for one of ours.
std::vector<SettingPair> scion_names();

/// The settings that are more. Those of the norm are kept under names of their own until scion_norm reads them.
std::vector<PeerSpecial> scion_specials();

/// What the arguments of a norm say, once all of them are there. Throws std::invalid_argument for a norm or an argument
/// that is not offered.
void scion_norm(Settings& ours);

}  // namespace steepest::peer_detail
