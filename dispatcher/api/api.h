/*
 * `dispatcher api`: HTTP for gateways and for those who watch. A process of its own that holds no
 * ledger: what it hears it hands to the scheduler through the control socket, and what it shows it
 * asks there. It reads the configuration once; the scheduler replaces it at a reload.
 */
#ifndef API_API_H
#define API_API_H

#include "base/error.h"
#include "config/config.h"

/* Serves until SIGTERM or SIGINT; then it answers whoever it has heard. The listening socket is the
 * one that was handed over (LISTEN_FDS), else it is opened where api.listen says. ERR_CONFIG
 * without one, ERR_NOT_FOUND for a spool nobody has run yet. */
MUST_CHECK int api_run(const struct config_options *config, struct error *err);

#endif
