using Espresso.Detector;
using Espresso.Minions;

return await Minion.Run(args, new NonMaximumSuppression());
