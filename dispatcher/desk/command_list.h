/* Commands about campaigns and batches, from the first file to the evidence; main.c puts them in
 * their order. */
#ifndef DESK_COMMAND_LIST_H
#define DESK_COMMAND_LIST_H

#include "cli/command.h"

extern const struct command command_evidence;
extern const struct command command_evidence_verify;
extern const struct command command_evidence_forget;
extern const struct command command_enqueue;
extern const struct command command_batches;
extern const struct command command_watch;
extern const struct command command_pause;
extern const struct command command_resume;
extern const struct command command_campaign_new;
extern const struct command command_campaign_report;
extern const struct command command_campaign_people;
extern const struct command command_campaign_next;
extern const struct command command_call_list;
extern const struct command command_call_import;
extern const struct command command_campaign_approve;
extern const struct command command_campaign_disapprove;
extern const struct command command_campaign_list;
extern const struct command command_campaign_show;
extern const struct command command_campaign_pause;
extern const struct command command_campaign_resume;
extern const struct command command_campaign_go_on;
extern const struct command command_campaign_cancel;
extern const struct command command_send;

#endif
