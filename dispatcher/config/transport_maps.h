/* The keys of a transport that are maps of free names, and its list of servers. */
#ifndef CONFIG_TRANSPORT_MAPS_H
#define CONFIG_TRANSPORT_MAPS_H

#include "config/load.h"
#include "config/reader.h"
#include "model/settings.h"

/* Reads `domains`, `windows`, `hosts`, `senders` and `prices` of the transport's section. */
void transport_maps_read(struct load *l, const struct section *transport, struct transport *t);

#endif
