package ensemble

const autoName = "auto"
