package sim

// kills: the server restores what it kept.
const kills = false
