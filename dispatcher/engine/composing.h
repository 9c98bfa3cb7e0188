/* From a delivery to the bytes that leave: the same for the worker that sends them and for whoever
 * shows later what a person received. Equal input, equal bytes. */
#ifndef ENGINE_COMPOSING_H
#define ENGINE_COMPOSING_H

#include "base/error.h"
#include "model/message.h"
#include "model/packet.h"
#include "model/settings.h"
#include "render/library.h"
#include "render/renderer.h"

struct composing {
    const struct settings *settings;
    const struct library *library;
    struct renderer *renderer;
    const struct transport *transport;
};

/* The letter of the item (which has a job) in its language, for the channel of the transport.
 * ERR_INPUT. */
MUST_CHECK int composing_render(const struct composing *c, const struct packet_item *item,
                                struct message *out, struct error *err);
/* And what its transport sends: out->wire, freed by the caller also after an error. All else in
 * *out is borrowed from the item and the message. */
MUST_CHECK int composing_compose(const struct composing *c, const struct packet_item *item,
                                 struct message *message, struct outgoing *out, struct error *err);

#endif
