"""Code → English sentence, for every error that crosses the wire.

Each sentence says what is wrong and what would be right.
"""

from coreto.texts.marker import N_

SENTENCES = {
    # The request as a whole
    "not_readable": N_("The request could not be read: send one MessagePack or JSON map with 'service' and 'data'."),
    "no_service": N_("The request names no service: put its name, for example 'login', under 'service'."),
    "unknown_service": N_(
        "There is no service '{service}': use for example login, users, channel, channels, publish, message or history."
    ),
    "data_missing": N_("The request has no data: put a map with the fields of the service under 'data'."),
    "parts_many": N_("The request has too many frames: send at most {limit}."),
    "bad_id": N_("The request id is not valid: send a text of at most {limit} visible characters, or none."),
    "bad_level": N_("The read level is not known: use 'local', 'session' or 'linear'."),
    "bad_number": N_(
        "The value of '{key}' is not valid: send seconds for a time, or a whole number from zero up for a count."
    ),
    "history_which": N_(
        "It is not clear which history you want: send 'channel' for a channel, 'user' for direct messages, "
        "or 'user' and 'peer' for a conversation."
    ),
    "read_only": N_(
        "This address only reads the clock and the coordinator: "
        "send changes to the server's own address, which the reference lists."
    ),
    "announced_other": N_(
        "'{announced}' was announced, but a majority elected '{coordinator}': the announcement changes nothing here."
    ),
    "not_reference": N_(
        "The reference does not offer '{service}': "
        "it knows rank, list, heartbeat, clock, election and status; send the rest to the broker."
    ),
    "name_has_key": N_(
        "'{name}' is a server of this cluster: only with its key is the reference told of it (--join CODE)."
    ),
    "older_copy": N_(
        "The folder is an older copy: another server remembers epoch {epoch} and {count} entries of this one. "
        "Put the right folder back, or clear it with 'coreto reset' and the server copies everything anew."
    ),
    "older_life": N_(
        "The folder is an older copy: another server remembers a later life of this one. "
        "Put the right folder back, or clear it with 'coreto reset' and the server copies everything anew."
    ),
    "state_differs": N_(
        "The state after entry {index} differs from that of the other servers: keep the folder for whoever "
        "looks into it, and clear this server with 'coreto reset'."
    ),
    "other_version": N_(
        "The other servers run a version of Coreto that applies the log differently: run the same version on every "
        "machine (coreto --version)."
    ),
    "name_taken": N_("Another server called '{name}' is alive in this cluster: start this one with another --name."),
    "learner_unknown": N_("No server called '{name}' is copying the log now: start it, then ask again."),
    "learner_behind": N_("The server '{name}' still lacks {count} entries: ask again when it has caught up."),
    "change_under_way": N_("Another change of members is not finished yet: ask again shortly."),
    "too_few_left": N_(
        "Without '{name}' less than a majority of the remaining servers would be alive: start the others first."
    ),
    "needs_key": N_(
        "Who belongs to the cluster is changed only by those who have its key: "
        "say --join CODE too, with the code that coreto key prints."
    ),
    "not_coordinator": N_("This server does not coordinate: ask '{name}', which the reference lists as coordinator."),
    "peer_only": N_(
        "This service is not offered here: send the request to the server's own address, which the reference lists."
    ),
    # Names
    "name_missing": N_("The request has no '{key}': send a name there, as text."),
    "name_empty": N_("The name is empty: use at least one character that is not a space."),
    "name_long": N_("The name is too long: use at most {limit} characters."),
    "name_characters": N_(
        "The name has control or invisible characters: use only letters, digits and other visible signs."
    ),
    "name_space": N_("A channel name may not have spaces: try a hyphen instead."),
    "name_reserved": N_("The name '{name}' is reserved for the servers: choose another one."),
    "name_is_user": N_("There is already a user called '{name}': choose another name for the channel."),
    "name_is_channel": N_("There is already a channel called '{name}': choose another user name."),
    "channel_exists": N_("The channel '{name}' already exists: publish in it, or choose another name."),
    "channel_unknown": N_("There is no channel '{name}': create it first, or ask for the list of channels."),
    "sender_unknown": N_('The user "{name}" is not known: log in first with the login service.'),
    "user_unknown": N_("There is no user '{name}': log in with this name first, or ask for the list of users."),
    # Message texts
    "text_missing": N_("The request has no text: send it under 'message'."),
    "text_empty": N_("The message is empty: write at least one character."),
    "text_long": N_("The message is too long: use at most {limit} bytes of UTF-8."),
    "text_characters": N_(
        "The message has control or invalid characters: "
        "send valid UTF-8, where newline and tab are the only control characters."
    ),
    # Outcomes
    "id_reused": N_("This request id was already used for another request: take a new id for each request."),
    "no_quorum": N_(
        "Too few servers can reach each other, and nothing was stored: "
        "repeat the request when a majority of them is running again."
    ),
    "no_coordinator": N_(
        "The servers have no coordinator at the moment, and nothing was stored: repeat the request shortly."
    ),
    "overloaded": N_("The servers have too much to do, and nothing was stored: wait a little and repeat the request."),
    "unknown": N_(
        "The servers did not confirm in time, and the request may have been stored or not: "
        "repeat it with the same id, or read the history."
    ),
    "expired_key": N_(
        "The request is too old for the servers to know whether it was stored: "
        "read the history before you send it again."
    ),
}
