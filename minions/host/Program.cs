using Espresso.Minions;

return await Minion.Run(args);
