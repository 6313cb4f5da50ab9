import qualified Data.Map as Map

main :: IO ()
main = do
  let ages = Map.fromList [("Ada", 36), ("Alan", 41)] :: Map.Map String Int
  print (ages Map.! "Ada")
  print (ages Map.! "Grace")
