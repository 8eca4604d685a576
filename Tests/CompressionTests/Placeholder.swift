// Placeholder: the room is being furnished.
