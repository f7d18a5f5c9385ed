// What is said where mail is put in order. English; the type of all is that of this one.

export const en = {
  what: "What do you want to do?",
  goTo: (folder: string) => `Go to ${folder}`,
  moveTo: (folder: string) => `Move to ${folder}`,
  searchFor: (line: string) => `Search for ${line}`,

  colourOf: (folder: string) => `Colour of ${folder}`,
  noColour: "No colour",
  /** In the order of their hues. */
  colours: ["Blue", "Green", "Violet", "Orange", "Pink", "Lime", "Gold", "Turquoise"] as readonly string[],

  swipes: "Swiping",
  swipesHint: "On a touch screen, what becomes of a message that is swiped aside in the list.",
  swipeRight: "To the right",
  swipeLeft: "To the left",
  swipeRead: "Mark as read or unread",
  swipeNone: "Nothing",
};

export type Texts = typeof en;
