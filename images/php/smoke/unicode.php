<?php
$points = mb_str_split(trim(fgets(STDIN)));
printf("Grüße, 世界: %s (%d)\n", implode('', array_reverse($points)), count($points));
