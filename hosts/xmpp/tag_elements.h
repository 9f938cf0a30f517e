// gloox's elements as ours.
#pragma once

#include <gloox/tag.h>

#include "xmpp/element.h"

namespace imslab::host {

xmpp::Element element_of(const gloox::Tag& tag);

}  // namespace imslab::host
