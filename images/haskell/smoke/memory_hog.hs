import qualified Data.Map.Strict as Map

grow :: Int -> Map.Map Int [Int] -> Map.Map Int [Int]
grow n kept
  | n < 0 = kept
  | otherwise = grow (n + 1) (Map.insert n [n .. n + 9] kept)

main :: IO ()
main = print (Map.size (grow 0 Map.empty))
