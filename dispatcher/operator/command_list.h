/* Commands of the engine room and of setting up; main.c puts them in their order. */
#ifndef OPERATOR_COMMAND_LIST_H
#define OPERATOR_COMMAND_LIST_H

#include "cli/command.h"

extern const struct command command_run;
extern const struct command command_queue;
extern const struct command command_failures;
extern const struct command command_shape;
extern const struct command command_why;
extern const struct command command_tail;
extern const struct command command_top;
extern const struct command command_corrupt_list;
extern const struct command command_corrupt_explain;
extern const struct command command_corrupt_release;
extern const struct command command_show;
extern const struct command command_retry;
extern const struct command command_hold;
extern const struct command command_release;
extern const struct command command_expire;
extern const struct command command_cancel;
extern const struct command command_mark_delivered;
extern const struct command command_status;
extern const struct command command_reconcile;
extern const struct command command_actions;
extern const struct command command_purge;
extern const struct command command_bounce;
extern const struct command command_suppress_list;
extern const struct command command_suppress_add;
extern const struct command command_suppress_remove;
extern const struct command command_suppress_import;
extern const struct command command_suppress_export;
extern const struct command command_suppress_check;
extern const struct command command_dkim;
extern const struct command command_route_explain;
extern const struct command command_schema;
extern const struct command command_gateway_list;
extern const struct command command_gateway_explain;
extern const struct command command_gateway_test;
extern const struct command command_gateway_estimate;
extern const struct command command_gateway_url;
extern const struct command command_transport_list;
extern const struct command command_transport_pause;
extern const struct command command_transport_resume;
extern const struct command command_live_on;
extern const struct command command_live_off;
extern const struct command command_reload;
extern const struct command command_config_diff;
extern const struct command command_ready;
extern const struct command command_log_level;
extern const struct command command_transport_test;
extern const struct command command_endpoint_list;
extern const struct command command_endpoint_show;
extern const struct command command_endpoint_test;
extern const struct command command_endpoint_enable;
extern const struct command command_endpoint_disable;
extern const struct command command_endpoint_secret;
extern const struct command command_config_show;

#endif
