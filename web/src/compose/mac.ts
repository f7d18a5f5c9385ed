// Which key commands are given with.

export const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
